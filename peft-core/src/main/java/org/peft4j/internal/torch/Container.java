package org.peft4j.internal.torch;

import org.peft4j.internal.torch.Value.Storage;

/** A file of {@code torch.save}: its state dict, and where the elements of storages are. */
interface Container {
  /** What the pickle of the object made. */
  Value root();

  /**
   * The position of a storage's first byte in the file.
   *
   * @throws org.peft4j.error.PeftException if it is not there, or the file has fewer elements
   */
  long start(Storage storage);
}
