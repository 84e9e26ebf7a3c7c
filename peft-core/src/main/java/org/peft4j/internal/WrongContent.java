package org.peft4j.internal;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Recognises what often lies in place of a file, by its first bytes. */
public final class WrongContent {
  /** How many bytes are enough. */
  public static final int BYTES = 64;

  private WrongContent() {}

  /** What the content is instead and what to do, as a sentence; empty if it is not recognised. */
  public static Optional<String> of(byte[] beginning) {
    String text =
        new String(beginning, 0, Math.min(BYTES, beginning.length), StandardCharsets.ISO_8859_1)
            .toLowerCase(Locale.ROOT);
    if (text.startsWith("version https://git-lfs")) {
      return Optional.of(
          "It is a Git LFS pointer, not the file itself. Run git lfs pull in its folder, or download"
              + " the file.");
    }
    if (text.stripLeading().startsWith("<!doctype") || text.stripLeading().startsWith("<html")) {
      return Optional.of("It is an HTML page: a download went wrong. Download the file again.");
    }
    if (beginsSafetensors(beginning)) {
      // The length of its header may look like any of those below.
      return Optional.empty();
    }
    if (text.startsWith("pk\u0003\u0004") || text.startsWith("\u0080\u0002")) {
      return Optional.of(
          "It is a PyTorch pickle, which can run code and is never read. Save it in Python with"
              + " safe_serialization=True.");
    }
    if (text.startsWith("\u001f\u008b")) {
      return Optional.of("It is compressed with gzip. Unpack it.");
    }
    if (text.startsWith("gguf")) {
      return Optional.of("It is a GGUF file. Use the model's safetensors files.");
    }
    return Optional.empty();
  }

  /** Eight bytes of a length, then JSON, before which there may be spaces. */
  private static boolean beginsSafetensors(byte[] beginning) {
    return beginning.length > Long.BYTES
        && (beginning[Long.BYTES] == '{' || beginning[Long.BYTES] == ' ');
  }
}
