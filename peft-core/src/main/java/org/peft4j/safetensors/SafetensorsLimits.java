package org.peft4j.safetensors;

import org.peft4j.error.PeftException;

/**
 * Limits on the cost of opening a file. Nothing in a file can make the reader allocate more. The
 * reader refuses a file that exceeds a limit, with the value, the limit and the limit's name.
 *
 * @param maxHeaderBytes longest JSON header, or index of a sharded checkpoint, in bytes
 * @param maxTensors most tensors in one file, or in one index
 * @param maxRank most dimensions of a tensor
 * @param maxNameLength longest tensor or metadata name, in UTF-16 units
 * @param maxMetadataEntries most entries of {@code __metadata__}
 */
public record SafetensorsLimits(
    int maxHeaderBytes, int maxTensors, int maxRank, int maxNameLength, int maxMetadataEntries) {

  private static final SafetensorsLimits DEFAULTS =
      new SafetensorsLimits(100_000_000, 200_000, 32, 1_024, 10_000);

  /** Every limit must be positive. */
  public SafetensorsLimits {
    if (maxHeaderBytes < 1
        || maxTensors < 1
        || maxRank < 1
        || maxNameLength < 1
        || maxMetadataEntries < 1) {
      throw new PeftException(
          "Safetensors limits must be positive, but are "
              + maxHeaderBytes
              + ", "
              + maxTensors
              + ", "
              + maxRank
              + ", "
              + maxNameLength
              + ", "
              + maxMetadataEntries
              + ".");
    }
  }

  /**
   * Header 100 MB (the format's own limit), 200,000 tensors, rank 32, names of 1,024, 10,000
   * entries.
   */
  public static SafetensorsLimits defaults() {
    return DEFAULTS;
  }

  /** Returns these limits with another {@code maxHeaderBytes}. */
  public SafetensorsLimits withMaxHeaderBytes(int value) {
    return new SafetensorsLimits(value, maxTensors, maxRank, maxNameLength, maxMetadataEntries);
  }

  /** Returns these limits with another {@code maxTensors}. */
  public SafetensorsLimits withMaxTensors(int value) {
    return new SafetensorsLimits(maxHeaderBytes, value, maxRank, maxNameLength, maxMetadataEntries);
  }

  /** Returns these limits with another {@code maxRank}. */
  public SafetensorsLimits withMaxRank(int value) {
    return new SafetensorsLimits(
        maxHeaderBytes, maxTensors, value, maxNameLength, maxMetadataEntries);
  }

  /** Returns these limits with another {@code maxNameLength}. */
  public SafetensorsLimits withMaxNameLength(int value) {
    return new SafetensorsLimits(maxHeaderBytes, maxTensors, maxRank, value, maxMetadataEntries);
  }

  /** Returns these limits with another {@code maxMetadataEntries}. */
  public SafetensorsLimits withMaxMetadataEntries(int value) {
    return new SafetensorsLimits(maxHeaderBytes, maxTensors, maxRank, maxNameLength, value);
  }
}
