package org.peft4j.transformers.internal.input;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.PromptGrafts;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.module.NormModule;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/**
 * The first hidden states: {@code last(norm(projection(multiplier·tokens[id]) + positions[p] +
 * types[t]))}. Virtual tokens precede the tokens, have the type 0 and enter before the projection.
 */
public final class Embeddings {
  /**
   * The forward pass' results that the backward pass needs.
   *
   * @param recorded the pass of projection and norm
   * @param positions rows of the position table; empty without one
   * @param types rows of the table of types; empty without one
   * @param embedded the projection's input; null if not needed
   * @param sum the norm's input; null without a norm
   * @param normed the input of {@code last}; null if not needed
   */
  public record Kept(
      Pass recorded,
      Tokens tokens,
      int[] positions,
      int[] types,
      @Nullable INDArray embedded,
      @Nullable INDArray sum,
      @Nullable INDArray statistics,
      @Nullable INDArray normed) {}

  private final InputPart part;
  private final Modules modules;
  private final EmbeddingModule table;
  private final @Nullable LinearModule projection;
  private final @Nullable LearntPositions positions;
  private final @Nullable EmbeddingModule types;
  private final @Nullable NormModule norm;
  private final @Nullable LinearModule last;
  private final PromptGrafts prompts;

  private Embeddings(InputPart part, Modules modules) {
    this.part = part;
    this.modules = modules;
    this.table = modules.embedding(part.tokens());
    this.projection = part.projection().map(modules::linear).orElse(null);
    this.positions = part.positions().map(p -> LearntPositions.of(p, modules)).orElse(null);
    this.types = part.types().map(modules::embedding).orElse(null);
    this.last = part.last().map(modules::linear).orElse(null);
    this.norm = part.norm().map(modules::norm).orElse(null);
    this.prompts = part.prompt().map(modules::prompts).orElseGet(PromptGrafts::none);
  }

  public static Embeddings of(InputPart part, Modules modules) {
    return new Embeddings(part, modules);
  }

  /** Virtual tokens, and encoders of prefixes. */
  public PromptGrafts prompts() {
    return prompts;
  }

  /**
   * Writes y [batch, virtualTokens + time, width].
   *
   * @param keep whether there will be a backward pass
   */
  public Kept forward(Pass pass, Tokens tokens, boolean keep, INDArray y, CallMemory memory) {
    int[] rows = positions == null ? new int[0] : positions.rows(tokens);
    int[] kinds = types == null ? new int[0] : types(tokens);
    INDArray y2 = tokens.extent().matrix(y);
    INDArray out = y2;
    if (last != null) {
      out = memory.keptIf(last.acts(), y2.size(0), part.innerWidth());
    }
    INDArray sum = norm == null ? out : memory.kept(out.shape());
    boolean linear = projection != null || last != null;
    Pass recorded = keep && linear ? pass.on(memory.tape()) : pass;
    INDArray embedded = sum;
    if (projection != null) {
      embedded = memory.keptIf(projection.acts(), out.size(0), part.tokens().width());
    }
    embed(pass, tokens, embedded, memory);
    if (projection != null) {
      projection.forward(recorded, embedded, sum);
    }
    if (positions != null) {
      add(pass, positions.table(), rows, sum, memory);
    }
    if (types != null) {
      add(pass, types, kinds, sum, memory);
    }
    INDArray statistics = null;
    if (norm != null) {
      statistics = memory.keptExactly(norm.statistics(), out.size(0));
      norm.forward(recorded, sum, out, statistics);
    }
    if (last != null) {
      last.forward(recorded, out, y2);
    }
    return new Kept(
        recorded, tokens, rows, kinds, embedded, norm == null ? null : sum, statistics, out);
  }

  /** The type of each token; virtual tokens have 0. */
  private static int[] types(Tokens tokens) {
    int[] rows = new int[(int) tokens.extent().rows()];
    int time = (int) tokens.extent().time();
    for (int i = 0; tokens.types() != null && i < rows.length; i++) {
      int token = tokens.token(i / time, i % time);
      rows[i] = token < 0 ? 0 : tokens.types()[i / time * tokens.time() + token];
    }
    return rows;
  }

  private static void add(
      Pass pass, EmbeddingModule table, int[] rows, INDArray sum, CallMemory memory) {
    INDArray looked = memory.temporary(sum.shape());
    table.forward(pass, rows, looked);
    sum.addi(looked);
  }

  private void embed(Pass pass, Tokens tokens, INDArray embedded, CallMemory memory) {
    long batch = tokens.extent().batch();
    if (tokens.virtualTokens() == 0) {
      lookUp(pass, tokens, embedded, memory);
      prompts.forward(pass, batch, null);
      return;
    }
    long time = tokens.extent().time();
    long width = embedded.size(1);
    int virtual = tokens.virtualTokens();
    INDArray own = memory.temporary(batch, time - virtual, width);
    lookUp(pass, tokens, own.reshape('c', tokens.ids().length, width), memory);
    INDArray prompt = memory.temporary(batch, virtual, width);
    prompts.forward(pass, batch, prompt);
    if (part.promptsScaled()) {
      prompt.muli(part.multiplier());
    }
    Places.put(tokens, own, prompt, embedded.reshape('c', batch, time, width));
  }

  private void lookUp(Pass pass, Tokens tokens, INDArray rows, CallMemory memory) {
    table.forward(pass, tokens.ids(), rows);
    // The noise is behind Hugging Face's module of the table, which may or may not scale.
    if (part.promptsScaled()) {
      addNoise(pass, tokens, rows, memory);
    }
    if (part.multiplier() != 1) {
      rows.muli(part.multiplier());
    }
    if (!part.promptsScaled()) {
      addNoise(pass, tokens, rows, memory);
    }
  }

  private void addNoise(Pass pass, Tokens tokens, INDArray rows, CallMemory memory) {
    double alpha = modules.model().neftuneAlpha();
    NeftuneNoise.add(pass, part.tokens().site(), alpha, tokens.time(), rows, memory);
  }

  /** Writes the gradients of the adapters here, given y's gradient. */
  public void backward(Pass pass, Kept kept, INDArray dy, CallMemory memory) {
    INDArray upper = kept.tokens().extent().matrix(dy);
    if (last != null) {
      INDArray dNormed = memory.temporary(upper.size(0), part.innerWidth());
      last.backward(kept.recorded(), kept.normed(), upper, dNormed, 0);
      upper = dNormed;
    }
    if (norm != null) {
      INDArray dSum = memory.temporary(upper.shape());
      norm.backward(
          kept.recorded(),
          Objects.requireNonNull(kept.sum()),
          Objects.requireNonNull(kept.statistics()),
          upper,
          dSum);
      upper = dSum;
    }
    if (positions != null) {
      positions.table().backward(pass, kept.positions(), upper);
    }
    if (types != null) {
      types.backward(pass, kept.types(), upper);
    }
    if (projection != null) {
      boolean below = modules.acts(part.tokens().site()) || prompts.acts();
      INDArray dEmbedded = below ? memory.temporary(upper.size(0), part.tokens().width()) : null;
      projection.backward(kept.recorded(), kept.embedded(), upper, dEmbedded, 0);
      if (dEmbedded == null) {
        return;
      }
      upper = dEmbedded;
    }
    embedBackward(pass, kept.tokens(), upper, memory);
  }

  private void embedBackward(Pass pass, Tokens tokens, INDArray upper, CallMemory memory) {
    int virtual = tokens.virtualTokens();
    if (virtual == 0) {
      lookUpBackward(pass, tokens.ids(), upper, memory);
      prompts.backward(pass, null);
      return;
    }
    long batch = tokens.extent().batch();
    long width = upper.size(1);
    INDArray own = memory.temporary(batch, tokens.time(), width);
    INDArray dPrompt = memory.temporary(batch, virtual, width);
    Places.take(tokens, upper.reshape('c', batch, tokens.extent().time(), width), own, dPrompt);
    lookUpBackward(pass, tokens.ids(), own.reshape('c', tokens.ids().length, width), memory);
    if (part.promptsScaled()) {
      dPrompt.muli(part.multiplier());
    }
    prompts.backward(pass, dPrompt);
  }

  private void lookUpBackward(Pass pass, int[] ids, INDArray rows, CallMemory memory) {
    boolean scaled = part.multiplier() != 1;
    table.backward(pass, ids, scaled ? copy(rows, memory).muli(part.multiplier()) : rows);
  }

  private static INDArray copy(INDArray array, CallMemory memory) {
    return memory.temporary(array.shape()).assign(array);
  }
}
