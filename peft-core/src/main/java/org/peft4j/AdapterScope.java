package org.peft4j;

/** A temporary model state; closing it restores the previous one. Closing twice does nothing. */
public final class AdapterScope implements AutoCloseable {
  private final Runnable end;
  private boolean closed;

  public AdapterScope(Runnable end) {
    this.end = end;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      end.run();
    }
  }
}
