package org.peft4j.error;

/**
 * The root of every exception that PEFT4J throws on purpose. Its message says what was wrong, with
 * which value, what is allowed and how to fix it.
 */
public class PeftException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PeftException(String message) {
    super(message);
  }

  public PeftException(String message, Throwable cause) {
    super(message, cause);
  }
}
