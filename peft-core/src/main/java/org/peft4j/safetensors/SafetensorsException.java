package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import java.nio.file.Path;
import java.util.Collection;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;

/**
 * A file that breaks a rule of the format, or a request that a file cannot answer. The message
 * names the file, the tensor if there is one, the rule, the value and what is allowed.
 */
public final class SafetensorsException extends PeftException {
  private static final long serialVersionUID = 1L;

  private SafetensorsException(String message) {
    super(message);
  }

  private SafetensorsException(String message, Throwable cause) {
    super(message, cause);
  }

  static SafetensorsException inFile(Path file, String problem) {
    return new SafetensorsException(file + ": " + problem);
  }

  static SafetensorsException inFile(Path file, String problem, Throwable cause) {
    return new SafetensorsException(file + ": " + problem, cause);
  }

  static SafetensorsException inTensor(Path file, String tensor, String problem) {
    return new SafetensorsException(file + ": tensor " + quoted(tensor) + ": " + problem);
  }

  static SafetensorsException unknown(Path file, String tensor, Collection<String> names) {
    return inTensor(file, tensor, "does not exist. " + NearestNames.sentence(tensor, names));
  }
}
