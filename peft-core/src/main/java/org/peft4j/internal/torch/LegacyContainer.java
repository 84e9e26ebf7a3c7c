package org.peft4j.internal.torch;

import static org.peft4j.internal.Quoted.quoted;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.Value.Constant;
import org.peft4j.internal.torch.Value.Items;
import org.peft4j.internal.torch.Value.Storage;
import org.peft4j.internal.torch.Value.Table;
import org.peft4j.internal.torch.Value.Text;
import org.peft4j.internal.torch.Value.Whole;

/**
 * The form before PyTorch 1.6: pickles of a magic number, the format's version, the writer's
 * system, the object and the keys of its storages; then each storage, in that order, with the
 * number of its elements before them.
 */
final class LegacyContainer implements Container {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final BigInteger VERSION = BigInteger.valueOf(1001);

  private final Path file;
  private final Value root;
  private final Map<String, Extent> extents;

  private LegacyContainer(Path file, Value root, Map<String, Extent> extents) {
    this.file = file;
    this.root = root;
    this.extents = extents;
  }

  /** Where a storage is, and how many elements it has. */
  private record Extent(long start, long elements) {}

  static LegacyContainer read(Path file, FileChannel channel) throws IOException {
    PickleBytes bytes = new PickleBytes(file, head(channel));
    if (!(PickleMachine.run(bytes) instanceof Whole magic) || !magic.value().equals(MAGIC)) {
      throw bytes.problem("a pickle that torch.save did not write");
    }
    if (!(PickleMachine.run(bytes) instanceof Whole version) || !version.value().equals(VERSION)) {
      throw bytes.problem("another version of the format than " + VERSION);
    }
    if (!(PickleMachine.run(bytes) instanceof Table system)
        || system.entries().get("little_endian") != Constant.TRUE) {
      throw bytes.problem("another byte order than little-endian");
    }
    Value root = PickleMachine.run(bytes);
    if (!(PickleMachine.run(bytes) instanceof Items keys)) {
      throw bytes.problem("no list of storages");
    }
    return new LegacyContainer(file, root, extents(file, channel, root, keys, bytes));
  }

  private static byte[] head(FileChannel channel) throws IOException {
    byte[] head = new byte[(int) Math.min(channel.size(), TorchFile.MAX_PICKLE)];
    ByteBuffer target = ByteBuffer.wrap(head);
    while (target.hasRemaining() && channel.read(target, target.position()) >= 0) {
      // Reads on.
    }
    return head;
  }

  private static Map<String, Extent> extents(
      Path file, FileChannel channel, Value root, Items keys, PickleBytes bytes)
      throws IOException {
    Map<String, Storage> storages = StateDict.storages(root);
    Map<String, Extent> extents = new HashMap<>();
    long position = bytes.position();
    for (Value key : keys.items()) {
      Storage storage = key instanceof Text text ? storages.get(text.value()) : null;
      if (storage == null) {
        throw bytes.problem("a storage that no tensor has, whose size is not known");
      }
      ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      while (count.hasRemaining() && channel.read(count, position + count.position()) >= 0) {
        // Reads on.
      }
      long elements = count.hasRemaining() ? -1 : count.getLong(0);
      long start = position + Long.BYTES;
      if (elements < 0 || elements > (channel.size() - start) / storage.type().bytes()) {
        throw new PeftException(
            file + ": the storage " + quoted(storage.key()) + " is cut off. Download it again.");
      }
      extents.put(storage.key(), new Extent(start, elements));
      position = start + elements * storage.type().bytes();
    }
    return extents;
  }

  @Override
  public Value root() {
    return root;
  }

  @Override
  public long start(Storage storage) {
    Extent extent = extents.get(storage.key());
    if (extent == null || storage.elements() > extent.elements()) {
      throw new PeftException(
          file
              + ": the storage "
              + quoted(storage.key())
              + (extent == null ? " is missing" : " has only " + extent.elements() + " elements")
              + ". The file is broken.");
    }
    return extent.start();
  }
}
