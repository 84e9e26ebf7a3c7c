package org.peft4j.vision;

import org.peft4j.error.PeftException;

/** What is wrong with a file of that name, as an exception. */
record Problem(String name) {
  PeftException broken(String what) {
    return new PeftException("The picture " + name + " is broken: " + what + ".");
  }

  PeftException broken(Exception cause) {
    String message = cause.getMessage();
    return new PeftException(
        "The picture "
            + name
            + " is broken: "
            + (message == null ? cause.getClass().getSimpleName() : message)
            + ".",
        cause);
  }

  PeftException unsupported(String what) {
    return new PeftException(
        "The picture "
            + name
            + " cannot be read: "
            + what
            + " Convert it to a common JPEG or PNG.");
  }

  void requireSize(long width, long height, PictureLimits limits) {
    if (width < 1 || height < 1) {
      throw broken("it has " + width + " × " + height + " pixels");
    }
    if (width > limits.maxPixels() / height) {
      throw new PeftException(
          "The picture %s has %d × %d pixels; allowed: up to %d in all (PictureLimits.maxPixels)."
              .formatted(name, width, height, limits.maxPixels()));
    }
  }
}
