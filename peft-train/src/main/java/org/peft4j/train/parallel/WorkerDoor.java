package org.peft4j.train.parallel;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.peft4j.error.PeftException;

/** Where another worker connects to: open before the addresses of all are known. */
public final class WorkerDoor implements AutoCloseable {
  private final ServerSocket socket;

  private WorkerDoor(ServerSocket socket) {
    this.socket = socket;
  }

  /**
   * Opens a door at a free port.
   *
   * @param address of this machine, as the others reach it
   * @throws PeftException if that is not possible
   */
  public static WorkerDoor open(InetAddress address) {
    try {
      return new WorkerDoor(new ServerSocket(0, 16, address));
    } catch (IOException e) {
      throw new PeftException(
          "Cannot wait for other workers at " + address.getHostAddress() + ": " + e.getMessage(),
          e);
    }
  }

  /** The port. */
  public int port() {
    return socket.getLocalPort();
  }

  ServerSocket socket() {
    return socket;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed, or its process will close it.
    }
  }
}
