package org.peft4j;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.model.Plans;
import org.peft4j.internal.planning.LayerOutputs;
import org.peft4j.internal.samediff.WrappedSameDiff;
import org.peft4j.internal.wrapped.WrappedGraph;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.kernel.Kernels;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.ModelOutline;

/**
 * The entry point: wraps a frozen model so that only adapters train.
 *
 * <pre>{@code
 * PeftModel<ComputationGraph> model =
 *     Peft.wrap(graph, LoraConfig.builder().rank(8).alpha(16).targetModules("dense1").build());
 * model.network().fit(iterator, 3);
 * model.save(Path.of("my-adapter"));
 * ComputationGraph merged = model.mergeAndUnload();
 * }</pre>
 *
 * <p>The base model is neither copied nor changed; it must not be trained or closed while it is
 * wrapped.
 */
public final class Peft {
  /** The name of an adapter for which none was given. */
  public static final String DEFAULT_ADAPTER = "default";

  private Peft() {}

  /**
   * Wraps a graph with one active adapter, named {@value #DEFAULT_ADAPTER}. The seed of the graph's
   * configuration determines its first values.
   *
   * @throws PeftException if the config is impossible for this model; the message says what is
   *     possible
   */
  public static PeftModel<ComputationGraph> wrap(ComputationGraph base, PeftConfig config) {
    return wrap(base, config, base.conf().getSeed());
  }

  /** Like {@link #wrap(ComputationGraph, PeftConfig)}, with a seed. */
  public static PeftModel<ComputationGraph> wrap(
      ComputationGraph base, PeftConfig config, long seed) {
    PeftModel<ComputationGraph> model = bare(base, seed);
    model.addAdapter(DEFAULT_ADAPTER, config);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /** Wraps a network with one active adapter, named {@value #DEFAULT_ADAPTER}. */
  public static PeftModel<MultiLayerNetwork> wrap(MultiLayerNetwork base, PeftConfig config) {
    return wrap(base, config, base.getDefaultConfiguration().getSeed());
  }

  /** Like {@link #wrap(MultiLayerNetwork, PeftConfig)}, with a seed. */
  public static PeftModel<MultiLayerNetwork> wrap(
      MultiLayerNetwork base, PeftConfig config, long seed) {
    PeftModel<MultiLayerNetwork> model = bare(base, seed);
    model.addAdapter(DEFAULT_ADAPTER, config);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /**
   * Wraps a graph of SameDiff with one active adapter, named {@value #DEFAULT_ADAPTER}. The wrapped
   * graph is a second one over the same arrays, whose variables are the adapter's. Its first values
   * follow from seed 0.
   *
   * @throws PeftException if the config is impossible for this graph; the message says what is
   *     possible
   */
  public static PeftModel<SameDiff> wrap(SameDiff base, PeftConfig config) {
    return wrap(base, config, 0);
  }

  /** Like {@link #wrap(SameDiff, PeftConfig)}, with a seed. */
  public static PeftModel<SameDiff> wrap(SameDiff base, PeftConfig config, long seed) {
    PeftModel<SameDiff> model = bare(base, seed);
    model.addAdapter(DEFAULT_ADAPTER, config);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /**
   * Wraps a graph with a saved adapter, which is active and named {@value #DEFAULT_ADAPTER}.
   *
   * @param adapter a folder with {@code adapter_config.json} and {@code adapter_model.safetensors}
   * @throws PeftException if the files are broken or belong to another model
   */
  public static PeftModel<ComputationGraph> load(ComputationGraph base, Path adapter) {
    AdapterFiles.requireFolder(adapter);
    PeftModel<ComputationGraph> model = bare(base, base.conf().getSeed());
    model.loadAdapter(DEFAULT_ADAPTER, adapter);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /** Wraps a network with a saved adapter, which is active and named {@value #DEFAULT_ADAPTER}. */
  public static PeftModel<MultiLayerNetwork> load(MultiLayerNetwork base, Path adapter) {
    AdapterFiles.requireFolder(adapter);
    PeftModel<MultiLayerNetwork> model = bare(base, base.getDefaultConfiguration().getSeed());
    model.loadAdapter(DEFAULT_ADAPTER, adapter);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /**
   * Wraps a graph of SameDiff with a saved adapter, which is active and named {@value
   * #DEFAULT_ADAPTER}.
   */
  public static PeftModel<SameDiff> load(SameDiff base, Path adapter) {
    AdapterFiles.requireFolder(adapter);
    PeftModel<SameDiff> model = bare(base, 0);
    model.loadAdapter(DEFAULT_ADAPTER, adapter);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /**
   * Reports, before allocating anything, what {@code config} would train on a graph. The memory
   * estimate excludes activations.
   *
   * @throws PeftException if the config is impossible for this model; the message says what is
   *     possible
   */
  public static AdapterPlan plan(ComputationGraph base, PeftConfig config) {
    DataType type = base.getConfiguration().getDataType();
    return plan(Plans.outline(WrappedGraph.layersOf(base), base.numParams(), type), config);
  }

  /**
   * Like {@link #plan(ComputationGraph, PeftConfig)}, but the memory estimate includes activations.
   *
   * @param batch examples at once
   * @param inputs the type of each input, sequences with their length
   * @throws PeftException also if the types do not fit, or the model is a transformer: its blocks
   *     keep more than their outputs, so it has a plan of its own
   */
  public static AdapterPlan plan(
      ComputationGraph base, PeftConfig config, int batch, InputType... inputs) {
    Plans.requireInside(WrappedGraph.layersOf(base));
    ComputationGraphConfiguration configuration = base.getConfiguration();
    return plan(base, config)
        .withActivations(
            LayerOutputs.bytes(configuration, configuration.getDataType(), batch, List.of(inputs)));
  }

  /** Like {@link #plan(ComputationGraph, PeftConfig)}. */
  public static AdapterPlan plan(MultiLayerNetwork base, PeftConfig config) {
    DataType type = base.getLayerWiseConfigurations().getDataType();
    return plan(Plans.outline(WrappedNetwork.layersOf(base), base.numParams(), type), config);
  }

  /** Like {@link #plan(ComputationGraph, PeftConfig, int, InputType...)}. */
  public static AdapterPlan plan(
      MultiLayerNetwork base, PeftConfig config, int batch, InputType input) {
    Plans.requireInside(WrappedNetwork.layersOf(base));
    MultiLayerConfiguration configuration = base.getLayerWiseConfigurations();
    return plan(base, config)
        .withActivations(
            LayerOutputs.bytes(configuration, configuration.getDataType(), batch, input));
  }

  /** Like {@link #plan(ComputationGraph, PeftConfig)}. */
  public static AdapterPlan plan(SameDiff base, PeftConfig config) {
    return plan(
        Plans.outline(
            WrappedSameDiff.sitesOf(base),
            WrappedSameDiff.parameters(base),
            WrappedSameDiff.type(base)),
        config);
  }

  /** Like {@link #plan(ComputationGraph, PeftConfig)}, for a model that is not loaded. */
  public static AdapterPlan plan(ModelOutline model, PeftConfig config) {
    return Plans.of(model, config);
  }

  /** Wraps a graph without adapters. */
  public static PeftModel<ComputationGraph> bare(ComputationGraph base, long seed) {
    Kernels kernels = KernelChoice.kernels();
    WrappedModel<ComputationGraph> wrapped = WrappedGraph.of(base, SharedState.of(seed), kernels);
    return new PeftModel<>(wrapped, kernels);
  }

  /** Wraps a network without adapters. */
  public static PeftModel<MultiLayerNetwork> bare(MultiLayerNetwork base, long seed) {
    Kernels kernels = KernelChoice.kernels();
    WrappedModel<MultiLayerNetwork> wrapped =
        WrappedNetwork.of(base, SharedState.of(seed), kernels);
    return new PeftModel<>(wrapped, kernels);
  }

  /** Wraps a graph of SameDiff without adapters. */
  public static PeftModel<SameDiff> bare(SameDiff base, long seed) {
    Kernels kernels = KernelChoice.kernels();
    WrappedModel<SameDiff> wrapped = WrappedSameDiff.of(base, SharedState.of(seed), kernels);
    return new PeftModel<>(wrapped, kernels);
  }
}
