package org.peft4j;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.peft4j.files.AdapterFiles;
import org.peft4j.host.HostedGraph;
import org.peft4j.host.HostedModel;
import org.peft4j.host.HostedNetwork;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.kernel.Kernels;
import org.peft4j.module.GraftSwitch;

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
  /** The name of an adapter that was given none. */
  public static final String DEFAULT_ADAPTER = "default";

  private Peft() {}

  /**
   * Wraps a graph with one adapter, named {@value #DEFAULT_ADAPTER}, which is active. Its values
   * are drawn with the seed of the graph's configuration.
   *
   * @throws PeftException if the config is impossible for this model: what, and what is possible
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

  /** Wraps a network with one adapter, named {@value #DEFAULT_ADAPTER}, which is active. */
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
   * Wraps a graph with a saved adapter, named {@value #DEFAULT_ADAPTER}, which is active.
   *
   * @param adapter a folder with {@code adapter_config.json} and {@code adapter_model.safetensors}
   * @throws PeftException if the files are broken, or are of an adapter for another model
   */
  public static PeftModel<ComputationGraph> load(ComputationGraph base, Path adapter) {
    AdapterFiles.requireFolder(adapter);
    PeftModel<ComputationGraph> model = bare(base, base.conf().getSeed());
    model.loadAdapter(DEFAULT_ADAPTER, adapter);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /** Wraps a network with a saved adapter, named {@value #DEFAULT_ADAPTER}, which is active. */
  public static PeftModel<MultiLayerNetwork> load(MultiLayerNetwork base, Path adapter) {
    AdapterFiles.requireFolder(adapter);
    PeftModel<MultiLayerNetwork> model = bare(base, base.getDefaultConfiguration().getSeed());
    model.loadAdapter(DEFAULT_ADAPTER, adapter);
    model.setActive(DEFAULT_ADAPTER);
    return model;
  }

  /** Wraps a graph without any adapter yet. */
  public static PeftModel<ComputationGraph> bare(ComputationGraph base, long seed) {
    Kernels kernels = KernelChoice.kernels();
    HostedModel<ComputationGraph> hosted = HostedGraph.of(base, new GraftSwitch(seed), kernels);
    return new PeftModel<>(hosted, kernels);
  }

  /** Wraps a network without any adapter yet. */
  public static PeftModel<MultiLayerNetwork> bare(MultiLayerNetwork base, long seed) {
    Kernels kernels = KernelChoice.kernels();
    HostedModel<MultiLayerNetwork> hosted = HostedNetwork.of(base, new GraftSwitch(seed), kernels);
    return new PeftModel<>(hosted, kernels);
  }
}
