package org.peft4j.cli.train;

import java.util.concurrent.CountDownLatch;

/**
 * Makes Ctrl-C stop the work instead of killing it: the JVM ends after the work does, with exit
 * status 130.
 */
final class GracefulStop implements AutoCloseable {
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook;

  private GracefulStop(Runnable stop) {
    hook =
        new Thread(
            () -> {
              stop.run();
              try {
                ended.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stop");
  }

  /** Until it is closed, Ctrl-C calls {@code stop} and waits for the close. */
  static GracefulStop calling(Runnable stop) {
    GracefulStop result = new GracefulStop(stop);
    Runtime.getRuntime().addShutdownHook(result.hook);
    return result;
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is already ending; the hook is waiting for this close.
    }
  }
}
