package org.peft4j.prompt.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.site.Site;

/**
 * A trained table of vectors, {@code P} [rows, width].
 *
 * @param use the use of the table
 * @param width of a vector
 * @param first its first values
 */
public record PromptTable(Site site, PromptUse use, long width, Initializer first)
    implements UsedPrompt {
  /** The name of the table in an adapter file. */
  public static final String TABLE = "prompt_embeddings";

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(ParameterSpec.of(TABLE, first, use.rows(), width));
  }

  @Override
  public void forward(Pass pass, Tensors parameters, @Nullable INDArray embeddings) {
    use.use(pass, parameters.get(TABLE), embeddings);
  }

  @Override
  public void backward(
      Pass pass, Tensors parameters, @Nullable INDArray dEmbeddings, Tensors gradients) {
    use.gradient(pass, dEmbeddings, gradients.get(TABLE));
  }
}
