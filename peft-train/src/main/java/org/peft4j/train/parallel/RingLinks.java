package org.peft4j.train.parallel;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import org.peft4j.error.PeftException;

/**
 * A worker's two connections: to the next one, and from the one before. What is sent at once fits
 * into the buffers of a socket, so that all workers may send before any of them receives.
 */
final class RingLinks implements AutoCloseable {
  /** Bytes that are sent at once. */
  static final int SLICE = 1 << 15;

  static final int SOCKET_BUFFER = 4 * SLICE;

  private final int rank;
  private final int size;
  private final Socket next;
  private final Socket before;
  private final OutputStream out;
  private final DataInputStream in;

  RingLinks(int rank, int size, Socket next, Socket before) throws IOException {
    this.rank = rank;
    this.size = size;
    this.next = next;
    this.before = before;
    this.out = next.getOutputStream();
    this.in = new DataInputStream(new BufferedInputStream(before.getInputStream(), SLICE));
  }

  /** Sends bytes, at most a slice of them, to the next worker. */
  void send(byte[] bytes, int from, int count) {
    try {
      out.write(bytes, from, count);
    } catch (IOException e) {
      throw gone((rank + 1) % size, e);
    }
  }

  /** Receives bytes from the worker before. */
  void receive(byte[] bytes, int from, int count) {
    try {
      in.readFully(bytes, from, count);
    } catch (IOException e) {
      throw gone(previous(), e);
    }
  }

  /**
   * Sends a message and receives another.
   *
   * @param longest bytes that the other may have
   */
  byte[] exchange(byte[] message, int longest) {
    byte[] length = ByteBuffer.allocate(Integer.BYTES).putInt(message.length).array();
    send(length, 0, length.length);
    receive(length, 0, length.length);
    int coming = ByteBuffer.wrap(length).getInt();
    if (coming < 0 || coming > longest) {
      throw new PeftException(
          "Worker "
              + previous()
              + " sends a message of "
              + coming
              + " bytes; allowed: at most "
              + longest
              + ". All workers must run the same version.");
    }
    byte[] received = new byte[coming];
    for (int at = 0; at < Math.max(message.length, coming); at += SLICE) {
      if (at < message.length) {
        send(message, at, Math.min(SLICE, message.length - at));
      }
      if (at < coming) {
        receive(received, at, Math.min(SLICE, coming - at));
      }
    }
    return received;
  }

  private int previous() {
    return Math.floorMod(rank - 1, size);
  }

  private WorkerLostException gone(int other, IOException e) {
    String what =
        e instanceof SocketTimeoutException ? " did not answer in time" : " left the training";
    return new WorkerLostException(
        "Worker "
            + other
            + " of "
            + size
            + what
            + ", as worker "
            + rank
            + " sees it. Start again from the last checkpoint.",
        e);
  }

  @Override
  public void close() {
    RingEntry.close(next);
    RingEntry.close(before);
  }
}
