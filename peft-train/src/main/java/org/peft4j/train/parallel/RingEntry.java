package org.peft4j.train.parallel;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a worker takes its place: it calls the next one, and answers the one before. */
final class RingEntry {
  private static final int KNOCK_EVERY_MS = 50;

  /** A stranger at the door keeps the others waiting no longer. */
  private static final int STRANGER_MS = 5_000;

  private final WorkerDoor door;
  private final int rank;
  private final List<InetSocketAddress> addresses;
  private final Handshake handshake;
  private final Duration patience;
  private final long deadline;

  RingEntry(
      WorkerDoor door,
      int rank,
      List<InetSocketAddress> addresses,
      Handshake handshake,
      Duration patience) {
    this.door = door;
    this.rank = rank;
    this.addresses = addresses;
    this.handshake = handshake;
    this.patience = patience;
    deadline = System.nanoTime() + patience.toNanos();
  }

  /** Even workers call first and odd ones answer first, so that no two wait for each other. */
  RingLinks enter() {
    Socket next = null;
    Socket before = null;
    try {
      next = call();
      if (rank % 2 == 0) {
        introduce(next);
        before = answered();
      } else {
        before = answered();
        introduce(next);
      }
      next.setSoTimeout(Math.toIntExact(patience.toMillis()));
      before.setSoTimeout(Math.toIntExact(patience.toMillis()));
      return new RingLinks(rank, addresses.size(), next, before);
    } catch (IOException e) {
      close(next);
      close(before);
      throw new WorkerLostException(
          "Worker "
              + rank
              + " of "
              + addresses.size()
              + " has not reached its neighbours, worker "
              + previous()
              + " and worker "
              + following()
              + " at "
              + addresses.get(following())
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private int following() {
    return (rank + 1) % addresses.size();
  }

  private int previous() {
    return Math.floorMod(rank - 1, addresses.size());
  }

  /** Connects to the next worker, whose door is open already or will be soon. */
  private Socket call() throws IOException {
    InetSocketAddress address = addresses.get(following());
    while (true) {
      Socket socket = new Socket();
      try {
        socket.setSendBufferSize(RingLinks.SOCKET_BUFFER);
        socket.setTcpNoDelay(true);
        socket.connect(address, remaining());
        return socket;
      } catch (IOException e) {
        close(socket);
        if (System.nanoTime() >= deadline) {
          throw e;
        }
        pause();
      }
    }
  }

  private void introduce(Socket next) throws IOException {
    next.setSoTimeout(remaining());
    if (!succeeds(next, true, rank)) {
      throw new IOException(
          "what answers as worker " + following() + " does not know the workers' secret");
    }
  }

  /** Lets the worker before in; whoever else comes is sent away. */
  private Socket answered() throws IOException {
    door.socket().setReceiveBufferSize(RingLinks.SOCKET_BUFFER);
    while (true) {
      door.socket().setSoTimeout(remaining());
      Socket socket = door.socket().accept();
      try {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Math.min(remaining(), STRANGER_MS));
        if (succeeds(socket, false, previous())) {
          return socket;
        }
      } catch (IOException e) {
        // A stranger, or a worker that will call again.
      }
      close(socket);
    }
  }

  private boolean succeeds(Socket socket, boolean caller, int from) throws IOException {
    return handshake.succeeds(
        new DataInputStream(socket.getInputStream()),
        new DataOutputStream(socket.getOutputStream()),
        caller,
        from);
  }

  private int remaining() throws SocketTimeoutException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("no answer within " + patience.toSeconds() + " s");
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(KNOCK_EVERY_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  static void close(@Nullable Closeable what) {
    if (what != null) {
      try {
        what.close();
      } catch (IOException e) {
        // It is of no use any more.
      }
    }
  }
}
