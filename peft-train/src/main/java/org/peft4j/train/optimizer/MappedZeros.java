package org.peft4j.train.optimizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/** Zeros in a mapped temporary file, which the system deletes with the last use of its pages. */
final class MappedZeros {
  private MappedZeros() {}

  /** Zeros of the shape and type of {@code array}. */
  static INDArray like(INDArray array) {
    long bytes = array.length() * array.dataType().width();
    if (Nd4j.getExecutioner().type() != ExecutionerType.NATIVE_CPU || bytes > Integer.MAX_VALUE) {
      throw new PeftException(
          "An optimizer's state can lie in a mapped file on the CPU, up to 2 GB for each of its two"
              + " arrays; these are "
              + bytes
              + " bytes. Use adamw, or adamw-8bit.");
    }
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      // The pointer keeps the buffer alive, and with it the mapping.
      BytePointer pointer = new BytePointer(map(bytes));
      return Nd4j.create(
          Nd4j.createBuffer(pointer, array.length(), array.dataType()), array.shape());
    }
  }

  private static ByteBuffer map(long bytes) {
    try {
      Path file = Files.createTempFile("peft4j-optimizer", ".state");
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, Math.max(1, bytes));
      }
    } catch (IOException e) {
      throw new PeftException(
          "The optimizer's state has no room in the temporary folder "
              + System.getProperty("java.io.tmpdir")
              + " ("
              + e.getMessage()
              + "); give another with -Djava.io.tmpdir, or use adamw.",
          e);
    }
  }
}
