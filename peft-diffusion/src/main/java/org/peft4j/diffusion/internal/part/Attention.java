package org.peft4j.diffusion.internal.part;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.AttentionMaps;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.diffusion.internal.model.PicturePass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * Attention of pixels, {@code out(softmax(q·kᵀ/√size)·v)}: to all pixels of their picture, or to
 * all states of its text.
 */
final class Attention implements Mixer {
  private final AttentionMaps part;
  private final AttentionScores scores;
  private final LinearModule query;
  private final LinearModule key;
  private final LinearModule value;
  private final LinearModule output;

  Attention(AttentionMaps part, PictureModules modules) {
    this.part = part;
    this.scores =
        new AttentionScores(1 / Math.sqrt(part.headSize()), 0, modules.model().kept().rounds());
    this.query = modules.map(part.query().site());
    this.key = modules.map(part.key().site());
    this.value = modules.map(part.value().site());
    this.output = modules.map(part.output().site());
  }

  @Override
  public boolean acts() {
    return belowScores() || output.acts();
  }

  private boolean belowScores() {
    return query.acts() || key.acts() || value.acts();
  }

  @Override
  public boolean needsInput() {
    return part.readsText() ? query.acts() : belowScores();
  }

  @Override
  public boolean records(Pass pass) {
    return output.records(pass);
  }

  @Override
  public Mixer.Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    Area area = around.in();
    PicturePass.Shared text = part.readsText() ? around.shared().text() : null;
    INDArray source = text == null ? x : rows(text.values());
    long keys = source.size(0) / area.batch();
    long width = part.query().outputs();
    INDArray q = memory.kept(x.size(0), width);
    INDArray k = memory.kept(source.size(0), width);
    INDArray v = memory.kept(source.size(0), width);
    query.forward(pass, x, q);
    key.forward(pass, source, k);
    value.forward(pass, source, v);
    AttentionPattern pattern =
        AttentionPattern.full(Math.toIntExact(area.pixels()), Math.toIntExact(keys));
    INDArray probabilities =
        memory.keptOfAttention(pass.kernels(), pattern, area.batch(), part.heads());
    INDArray context = memory.kept(q.shape());
    pass.kernels()
        .attention(
            heads(q, area),
            heads(k, area),
            heads(v, area),
            pattern,
            scores,
            probabilities,
            heads(context, area));
    if (y != null || output.records(pass)) {
      output.forward(pass, context, y == null ? memory.temporary(x.shape()) : y);
    }
    return new Kept(area, text, pattern, q, k, v, probabilities, context);
  }

  private static INDArray rows(INDArray states) {
    return states.reshape('c', states.size(0) * states.size(1), states.size(2));
  }

  private INDArray heads(INDArray rows, Area area) {
    return rows.reshape(
        'c', area.batch(), rows.size(0) / area.batch(), part.heads(), part.headSize());
  }

  private final class Kept implements Mixer.Kept {
    private final Area area;
    private final PicturePass.@Nullable Shared text;
    private final AttentionPattern pattern;
    private final INDArray q;
    private final INDArray k;
    private final INDArray v;
    private final INDArray probabilities;
    private final INDArray context;

    Kept(
        Area area,
        PicturePass.@Nullable Shared text,
        AttentionPattern pattern,
        INDArray q,
        INDArray k,
        INDArray v,
        INDArray probabilities,
        INDArray context) {
      this.area = area;
      this.text = text;
      this.pattern = pattern;
      this.q = q;
      this.k = k;
      this.v = v;
      this.probabilities = probabilities;
      this.context = context;
    }

    @Override
    public boolean passesOn() {
      return text != null && text.gradientNeeded();
    }

    @Override
    public void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
      boolean goOn = dx != null || belowScores() || passesOn();
      INDArray dContext = goOn ? memory.temporary(context.shape()) : null;
      output.backward(pass, context, dy, dContext, 0);
      if (dContext == null) {
        return;
      }
      INDArray dq = memory.temporary(q.shape());
      INDArray dk = memory.temporary(k.shape());
      INDArray dv = memory.temporary(v.shape());
      pass.kernels()
          .attentionGradient(
              heads(q, area),
              heads(k, area),
              heads(v, area),
              pattern,
              scores,
              probabilities,
              heads(context, area),
              heads(dContext, area),
              heads(dq, area),
              heads(dk, area),
              heads(dv, area),
              null);
      back(query, pass, x, dq, dx, 0);
      INDArray source = text == null ? x : rows(text.values());
      INDArray dSource = text == null ? dx : textGradient(text);
      back(key, pass, source, dk, dSource, 1);
      back(value, pass, source, dv, dSource, 1);
    }

    private @Nullable INDArray textGradient(PicturePass.Shared states) {
      INDArray gradient = states.gradient();
      return gradient == null ? null : rows(Objects.requireNonNull(gradient));
    }

    private void back(
        LinearModule module,
        Pass pass,
        @Nullable INDArray in,
        INDArray dOut,
        @Nullable INDArray dIn,
        double beta) {
      if (dIn != null || module.acts()) {
        module.backward(pass, in, dOut, dIn, beta);
      }
    }
  }
}
