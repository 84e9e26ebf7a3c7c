package org.peft4j.train.parallel;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/**
 * Workers in a ring: each sends to the next one and receives from the one before.
 *
 * <p>A sum goes round twice. The array is cut into as many parts as there are workers. On the first
 * round every part is added up on its way, on the second one the sums go round. A worker sends
 * {@code 2·(N − 1)/N} of the array, however many there are (Patarasu and Yuan, 2009).
 *
 * <p>Who connects must know the secret that the workers share; numbers travel in the open, so the
 * network between them must be trusted.
 */
public final class WorkerRing implements Workers {
  private static final int LONGEST_MESSAGE = 1 << 20;

  private final int rank;
  private final int size;
  private final RingLinks links;

  private WorkerRing(int rank, int size, RingLinks links) {
    this.rank = rank;
    this.size = size;
    this.links = links;
  }

  /**
   * Joins the ring, and waits until the neighbours have.
   *
   * @param door where the worker before this one connects to
   * @param rank this worker's number
   * @param addresses of the doors of all workers, by rank; at least two
   * @param secret what all workers know and nobody else, 16 bytes and above
   * @param patience how long to wait for another worker, here and in each exchange
   * @throws PeftException if a neighbour does not come in time, or does not know the secret
   */
  public static WorkerRing join(
      WorkerDoor door,
      int rank,
      List<InetSocketAddress> addresses,
      byte[] secret,
      Duration patience) {
    int size = addresses.size();
    if (size < 2 || rank < 0 || rank >= size) {
      throw new IllegalArgumentException(
          "Worker " + rank + " of " + size + "; allowed: 0 to " + (size - 1) + ", of 2 and above.");
    }
    Handshake handshake = new Handshake(secret);
    return new WorkerRing(
        rank, size, new RingEntry(door, rank, addresses, handshake, patience).enter());
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void sum(INDArray array) {
    if (array.dataType() == DataType.FLOAT) {
      float[] numbers = array.ravel().toFloatVector();
      sum(new Numbers.Floats(numbers));
      array.assign(Nd4j.createFromArray(numbers).reshape(array.shape()));
    } else if (array.dataType() == DataType.DOUBLE) {
      double[] numbers = array.ravel().toDoubleVector();
      sum(new Numbers.Doubles(numbers));
      array.assign(Nd4j.createFromArray(numbers).reshape(array.shape()));
    } else {
      throw new PeftException(
          "Arrays of the type " + array.dataType() + " are not exchanged; allowed: FLOAT, DOUBLE.");
    }
  }

  private void sum(Numbers numbers) {
    int count = numbers.count();
    requireSame(count);
    for (int turn = 0; turn < size - 1; turn++) {
      turn(numbers, rank - turn, rank - turn - 1, true);
    }
    for (int turn = 0; turn < size - 1; turn++) {
      turn(numbers, rank + 1 - turn, rank - turn, false);
    }
  }

  /** All workers must have as many numbers; otherwise they would wait for each other. */
  private void requireSame(int count) {
    byte[] own = ByteBuffer.allocate(Integer.BYTES).putInt(count).array();
    for (byte[] theirs : gather(own)) {
      if (!Arrays.equals(own, theirs)) {
        throw new PeftException(
            "Worker "
                + rank
                + " has "
                + count
                + " trained parameters, and another "
                + ByteBuffer.wrap(theirs).getInt()
                + ". Give all workers the same model and the same adapter.");
      }
    }
  }

  /** Sends one part and receives another, a slice of each at a time. */
  private void turn(Numbers numbers, int sent, int received, boolean adding) {
    Span out = span(numbers.count(), sent);
    Span in = span(numbers.count(), received);
    int slice = RingLinks.SLICE / numbers.width();
    ByteBuffer buffer = ByteBuffer.allocate(RingLinks.SLICE).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < Math.max(out.length(), in.length()); at += slice) {
      int going = Math.min(slice, out.length() - at);
      if (going > 0) {
        buffer.clear();
        numbers.write(out.from() + at, going, buffer);
        links.send(buffer.array(), 0, going * numbers.width());
      }
      int coming = Math.min(slice, in.length() - at);
      if (coming > 0) {
        links.receive(buffer.array(), 0, coming * numbers.width());
        buffer.clear();
        numbers.read(in.from() + at, coming, buffer, adding);
      }
    }
  }

  private record Span(int from, int length) {}

  /** A part of the numbers; parts differ in length by one at most. */
  private Span span(int count, int part) {
    long index = Math.floorMod(part, size);
    int from = (int) (index * count / size);
    return new Span(from, (int) ((index + 1) * count / size) - from);
  }

  @Override
  public List<byte[]> gather(byte[] own) {
    if (own.length > LONGEST_MESSAGE) {
      throw new IllegalArgumentException(
          "A message of " + own.length + " bytes; allowed: " + LONGEST_MESSAGE + " at most.");
    }
    byte[][] all = new byte[size][];
    all[rank] = own.clone();
    for (int turn = 0; turn < size - 1; turn++) {
      byte[] going = all[Math.floorMod(rank - turn, size)];
      all[Math.floorMod(rank - turn - 1, size)] = links.exchange(going, LONGEST_MESSAGE);
    }
    return new ArrayList<>(Arrays.asList(all));
  }

  @Override
  public void close() {
    links.close();
  }
}
