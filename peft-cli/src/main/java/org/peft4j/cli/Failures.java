package org.peft4j.cli;

import java.io.PrintWriter;
import java.util.Objects;
import org.peft4j.cli.workers.WorkerCommand;
import org.peft4j.error.PeftException;
import org.peft4j.train.parallel.WorkerLostException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Prints an error in one line; adds its stack trace on request. */
final class Failures implements IExecutionExceptionHandler {
  private static final int EXIT_STATUS = 1;

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    return report(e, command.getCommandSpec().qualifiedName(), command);
  }

  static int report(Throwable e, String name, CommandLine command) {
    PrintWriter err = command.getErr();
    err.println(name + ": " + message(e).replaceAll("\\s*\\R\\s*", " "));
    if (debug(command)) {
      e.printStackTrace(err);
    }
    return WorkerLostException.in(e).isPresent() ? WorkerCommand.LOST : EXIT_STATUS;
  }

  private static boolean debug(CommandLine command) {
    PeftCommand top = (PeftCommand) command.getCommandSpec().root().userObject();
    return top.debug || !Objects.requireNonNullElse(System.getenv("PEFT_DEBUG"), "").isEmpty();
  }

  private static String message(Throwable e) {
    String text = Objects.requireNonNullElse(e.getMessage(), "");
    if (e instanceof PeftException) {
      return text;
    }
    if (e instanceof OutOfMemoryError) {
      return outOfMemory(text);
    }
    if (e instanceof LinkageError) {
      return "the native libraries cannot be loaded on this machine: " + text + ".";
    }
    return "unexpected "
        + e.getClass().getSimpleName()
        + ": "
        + text
        + ". This is a bug; run the command again with --debug and report its output.";
  }

  /** Java's heap holds tokens and texts; what models and adapters hold lies outside of it. */
  private static String outOfMemory(String text) {
    boolean heap = text.contains("heap") || text.contains("GC overhead") || text.contains("array");
    return "out of memory"
        + (heap
            ? " in the Java heap of "
                + (Runtime.getRuntime().maxMemory() >> 20)
                + " MB: "
                + text
                + ". Give the JVM more with PEFT_JAVA_OPTS=-Xmx…, or use less data."
            : " outside of the Java heap: "
                + text
                + ". Use a smaller model, --batch-size or --sequence-length, or a machine with more"
                + " memory.");
  }
}
