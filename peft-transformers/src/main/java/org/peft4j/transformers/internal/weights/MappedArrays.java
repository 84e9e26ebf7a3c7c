package org.peft4j.transformers.internal.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * Arrays over the pages of a mapped file, read-only and without a copy: the system may drop and
 * reread pages when it needs memory.
 */
final class MappedArrays {
  private MappedArrays() {}

  /**
   * Whether a tensor can stay in its file: a matrix, on the CPU, if the file has the wanted type.
   * Vectors are small, and with a page of theirs the system maps many around it.
   */
  static boolean possible(TensorInfo tensor, DataType held) {
    boolean sameType =
        tensor.dtype() == DType.F32 && held == DataType.FLOAT
            || tensor.dtype() == DType.BF16 && held == DataType.BFLOAT16;
    return sameType
        && tensor.shape().size() > 1
        && tensor.byteCount() > 0
        && tensor.byteCount() <= Integer.MAX_VALUE
        && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
        && Nd4j.getExecutioner().type() == ExecutionerType.NATIVE_CPU;
  }

  static INDArray of(TensorSource source, TensorInfo tensor, DataType held) {
    ByteBuffer bytes = source.buffer(tensor.name());
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      // The pointer keeps the buffer alive, and with it the mapping.
      DataBuffer data = Nd4j.createBuffer(new BytePointer(bytes), tensor.elementCount(), held);
      return Nd4j.create(data, shape);
    }
  }
}
