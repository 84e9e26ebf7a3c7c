package org.peft4j.prompt.internal.encoder;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;

/** Computes a table [tokens, width] from its parameters. */
public interface TableEncoder {
  /** Its parameters, with PyTorch's names. */
  List<ParameterSpec> parameters();

  /** The width of the table. */
  long outputs();

  /** Computes the table; in training, with the encoder's dropout if it has any. */
  Trace encode(Pass pass, Tensors parameters);

  /** A table, and the values that the gradients need. */
  interface Trace {
    INDArray table();

    /** Writes the gradients of all parameters, given the table's gradient. */
    void backward(INDArray dTable, Tensors gradients);
  }
}
