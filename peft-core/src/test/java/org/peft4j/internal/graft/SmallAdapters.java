package org.peft4j.internal.graft;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AttentionAdapter;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.GainAdapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PenaltyAdapter;
import org.peft4j.adapter.PromptAdapter;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.SublayerAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** One adapter of each sort, with the shortest formula that tells the sort from the others. */
public final class SmallAdapters {
  private SmallAdapters() {}

  /** A graft of random values, with room for gradients that holds numbers already. */
  public static Graft graft(String name, Adapter adapter, long seed) {
    Tensors values = Values.random(seed, adapter.parameters());
    Graft graft = new Graft(name, adapter, values);
    graft.setGradients(Values.room(values));
    return graft;
  }

  private static List<ParameterSpec> one(String name, long... shape) {
    return List.of(ParameterSpec.of(name, Initializer.uniform(1), shape));
  }

  /** {@code y += (m ⊙ x)·Cᵀ}, C [out, in], with the mask m of dropout. */
  public record Part(Site site, double dropout) implements LinearAdapter {
    public Part(Site site) {
      this(site, 0);
    }

    @Override
    public List<ParameterSpec> parameters() {
      return one("C", site.outputs(), site.inputs());
    }

    private INDArray mask(Pass pass, INDArray x) {
      return pass.training() && dropout > 0
          ? DropoutMask.draw(pass, site, dropout, x.dataType(), x.shape())
          : x.ulike().assign(1);
    }

    @Override
    public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
      y.addi(x.mul(mask(pass, x)).mmul(parameters.get("C").transpose()));
    }

    @Override
    public void backward(
        Pass pass,
        Tensors parameters,
        INDArray x,
        INDArray dy,
        Tensors gradients,
        @Nullable INDArray dx) {
      INDArray mask = mask(pass, x);
      gradients.get("C").assign(dy.transpose().mmul(x.mul(mask)));
      if (dx != null) {
        dx.addi(dy.mmul(parameters.get("C")).muli(mask));
      }
    }
  }

  /** {@code gain = g}, g [out], and nothing is added. */
  public record Gain(Site site) implements GainAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return one("g", site.outputs());
    }

    @Override
    public boolean hasGain(Pass pass) {
      return true;
    }

    @Override
    public INDArray gain(Pass pass, Tensors parameters) {
      return parameters.get("g").dup();
    }

    @Override
    public void gainBackward(
        Pass pass, Tensors parameters, INDArray gainGradient, Tensors gradients) {
      gradients.get("g").addi(gainGradient);
    }

    @Override
    public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {}

    @Override
    public void backward(
        Pass pass,
        Tensors parameters,
        INDArray x,
        INDArray dy,
        Tensors gradients,
        @Nullable INDArray dx) {
      gradients.get("g").assign(0);
    }
  }

  /** Scales the input or the output by l. */
  public record Scale(Site site, boolean scalesInput) implements ScalingAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return one("l", scalesInput ? site.inputs() : site.outputs());
    }

    @Override
    public INDArray scale(Tensors tensors) {
      return tensors.get("l");
    }
  }

  /** {@code ΔW = D}, in the shape of W. */
  public record Delta(Site site, long... shape) implements WeightAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return one("D", shape);
    }

    @Override
    public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
      weight.addi(parameters.get("D"));
    }

    @Override
    public void deltaGradient(
        Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
      gradients.get("D").assign(weightGradient);
    }
  }

  /** {@code y[t] += C[id_t]}, C [vocabulary, dim]. */
  public record Rows(Site site) implements EmbeddingAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return one("C", site.inputs(), site.outputs());
    }

    @Override
    public void forward(Pass pass, Tensors parameters, int[] ids, INDArray y) {
      for (int t = 0; t < ids.length; t++) {
        y.getRow(t).addi(parameters.get("C").getRow(ids[t]));
      }
    }

    @Override
    public void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients) {
      pass.kernels().lookUpGradient(ids, dy, gradients.get("C"));
    }
  }

  /** Keys k and values v, [length, heads, size] each. */
  public record Prefix(Site site, int length) implements AttentionAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      long[] shape = {length, site.inputs(), site.outputs()};
      return List.of(
          ParameterSpec.of("k", Initializer.uniform(1), shape),
          ParameterSpec.of("v", Initializer.uniform(1), shape));
    }

    @Override
    public void forward(Pass pass, Tensors parameters, INDArray keys, INDArray values) {
      keys.assign(parameters.get("k"));
      values.assign(parameters.get("v"));
    }

    @Override
    public void backward(
        Pass pass, Tensors parameters, INDArray dKeys, INDArray dValues, Tensors gradients) {
      gradients.get("k").assign(dKeys);
      gradients.get("v").assign(dValues);
    }
  }

  /** Virtual tokens e [tokens, width]; and an encoder of a prefix, which shares p of length 1. */
  public record Prompt(Site site, int virtualTokens, int prefixLength) implements PromptAdapter {
    /** The key under which p is shared. */
    public static final String SHARED = "p";

    @Override
    public List<ParameterSpec> parameters() {
      return prefixLength > 0 ? one("p", 1) : one("e", virtualTokens, site.outputs());
    }

    @Override
    public void forward(Pass pass, Tensors parameters, @Nullable INDArray embeddings) {
      if (prefixLength > 0) {
        pass.state().put(SHARED, parameters.get("p"));
      }
      for (long row = 0; embeddings != null && row < embeddings.size(0); row++) {
        embeddings.tensorAlongDimension(row, 1, 2).assign(parameters.get("e"));
      }
    }

    @Override
    public void backward(
        Pass pass, Tensors parameters, @Nullable INDArray dEmbeddings, Tensors gradients) {
      if (dEmbeddings != null) {
        gradients.get("e").assign(dEmbeddings.sum(0));
      } else {
        INDArray taken = pass.state().takeGradient(SHARED);
        gradients.get("p").assign(taken == null ? 0 : taken.getDouble(0));
      }
    }
  }

  /** {@code y ← a ⊙ y + c ⊙ residual}. Two of them do not commute. */
  public record After(Site site) implements SublayerAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(
          ParameterSpec.of("a", Initializer.uniform(1), site.outputs()),
          ParameterSpec.of("c", Initializer.uniform(1), site.outputs()));
    }

    /** The same parameters' arrays tell two grafts at one site apart. */
    private static String key(Tensors parameters) {
      return "y" + System.identityHashCode(parameters);
    }

    @Override
    public void forward(Pass pass, Tensors parameters, @Nullable INDArray residual, INDArray y) {
      if (pass.tape().recording()) {
        pass.tape().record(key(parameters), y.shape()).assign(y);
      }
      y.muliRowVector(parameters.get("a"));
      if (residual != null) {
        y.addi(residual.mulRowVector(parameters.get("c")));
      }
    }

    @Override
    public void backward(
        Pass pass,
        Tensors parameters,
        @Nullable INDArray residual,
        INDArray dy,
        Tensors gradients,
        @Nullable INDArray dResidual) {
      INDArray y = pass.tape().read(key(parameters));
      gradients.get("a").assign(dy.mul(y).sum(0));
      gradients.get("c").assign(residual == null ? dy.sum(0).muli(0) : dy.mul(residual).sum(0));
      if (dResidual != null) {
        dResidual.addi(dy.mulRowVector(parameters.get("c")));
      }
      dy.muliRowVector(parameters.get("a"));
    }
  }

  /** Adds {@code Σ d²} to the loss. */
  public record Penalised(Site site) implements PenaltyAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return one("d", 2);
    }

    @Override
    public double penalty(Kernels kernels, Tensors parameters) {
      return Values.inner(parameters.get("d"), parameters.get("d"));
    }

    @Override
    public void addPenaltyGradient(
        Kernels kernels, Tensors parameters, double scale, Tensors gradients) {
      gradients.get("d").addi(parameters.get("d").mul(2 * scale));
    }
  }
}
