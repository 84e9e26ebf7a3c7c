package org.peft4j.prompt.internal;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.prompt.internal.encoder.TableEncoder;
import org.peft4j.site.Site;

/**
 * A table of vectors that an encoder computes, {@code P = encoder(E)}. The encoder trains; an
 * adapter file stores its output.
 *
 * @param use the use of the table
 */
public record EncodedPrompt(Site site, PromptUse use, TableEncoder encoder)
    implements UsedPrompt, EncodedAdapter {
  @Override
  public List<ParameterSpec> parameters() {
    return encoder.parameters();
  }

  @Override
  public Map<String, List<Long>> encodedShapes() {
    return Map.of(PromptTable.TABLE, List.of((long) use.rows(), encoder.outputs()));
  }

  @Override
  public Map<String, INDArray> encoded(Tensors parameters) {
    Pass pass = new Pass(KernelChoice.kernels(), false, 0);
    return Map.of(PromptTable.TABLE, table(pass, parameters));
  }

  private INDArray table(Pass pass, Tensors parameters) {
    TableEncoder.Trace trace = encoder.encode(pass, parameters);
    return DetachedArrays.copy(trace.table());
  }

  @Override
  public void forward(Pass pass, Tensors parameters, @Nullable INDArray embeddings) {
    use.use(pass, table(pass, parameters), embeddings);
  }

  /** Encodes again, which costs little: a prompt has few rows. */
  @Override
  public void backward(
      Pass pass, Tensors parameters, @Nullable INDArray dEmbeddings, Tensors gradients) {
    TableEncoder.Trace trace = encoder.encode(pass, parameters);
    INDArray dTable = Scratch.of(trace.table().dataType(), trace.table().shape());
    use.gradient(pass, dEmbeddings, dTable);
    trace.backward(dTable, gradients);
    Scratch.release(dTable);
  }
}
