package org.peft4j;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.merge.Merger;
import org.peft4j.internal.model.AdapterMaker;
import org.peft4j.internal.model.AdapterSet;
import org.peft4j.internal.model.Additions;
import org.peft4j.internal.model.Changes;
import org.peft4j.internal.model.MergeScopes;
import org.peft4j.internal.model.Merging;
import org.peft4j.internal.model.ModelSites;
import org.peft4j.internal.model.NamedAdapter;
import org.peft4j.internal.model.RowAdapters;
import org.peft4j.internal.model.RowScopes;
import org.peft4j.internal.model.Saves;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.AdapterView;
import org.peft4j.method.Combination;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.site.Site;

/**
 * A frozen model with named adapters. {@link #network()} is an ordinary Deeplearning4j network
 * whose parameters are the active adapters' alone: fit it, ask it for outputs, give it listeners.
 *
 * <p>Several threads may compute with it at once. A change of the adapters or of the base model's
 * weights fails while another thread computes, and a pass fails while another thread makes a
 * change; nothing is computed or changed then. Adding and loading adapters disturbs no pass.
 *
 * @param <M> {@code ComputationGraph}, {@code MultiLayerNetwork} or {@code SameDiff}
 */
public final class PeftModel<M> implements AutoCloseable {
  /** Marks a row that uses no adapter. */
  public static final String BASE = RowAdapters.BASE;

  private final WrappedModel<M> wrapped;
  private final ModelSites sites;
  private final AdapterMaker maker;
  private final AdapterSet adapters;
  private final Changes changes;
  private final Additions additions;
  private final RowScopes rows;
  private final Merging<M> merging;
  private final MergeScopes mergeScopes;
  private final Saves saves;

  PeftModel(WrappedModel<M> wrapped, Kernels kernels) {
    this.wrapped = wrapped;
    this.sites = new ModelSites(wrapped.originals());
    this.maker = new AdapterMaker(wrapped, sites);
    this.adapters = new AdapterSet(wrapped);
    this.changes = new Changes(wrapped, adapters);
    this.additions = new Additions(wrapped, maker, adapters, changes);
    this.rows = new RowScopes(wrapped, sites, adapters, changes);
    this.merging = new Merging<>(wrapped, kernels);
    this.mergeScopes = new MergeScopes(wrapped, sites, adapters, merging, changes);
    this.saves = new Saves(wrapped, maker, adapters);
  }

  /** The wrapped network. It stays the same object when adapters change. */
  public M network() {
    return wrapped.network();
  }

  /** The base model, untouched. */
  public M base() {
    return wrapped.base();
  }

  /** Every site of the model, in the order of the forward pass. */
  public List<Site> sites() {
    return sites.all();
  }

  /** The names of the adapters, in the order in which they were added. */
  public List<String> adapters() {
    return adapters.names();
  }

  /** The names of the active adapters. */
  public List<String> active() {
    return adapters.active();
  }

  /** The sites with a part of an active adapter. */
  public Set<Site> adaptedSites() {
    Set<Site> adapted = new LinkedHashSet<>();
    adapters.activeSlots().forEach(slot -> adapted.add(slot.adapter().site()));
    return adapted;
  }

  /** The config of an adapter. */
  public PeftConfig config(String adapter) {
    return adapters.get(adapter).config();
  }

  /**
   * An adapter with its tensors, gradients and parts.
   *
   * @throws PeftException if there is none of that name
   */
  public AdapterView adapter(String name) {
    adapters.get(name);
    return new NamedAdapter(name, adapters, maker, wrapped);
  }

  /** What a training loop needs beside the network. */
  public ModelTraining training() {
    return new ModelTraining(this, wrapped, sites);
  }

  /**
   * Adds an adapter with fresh values. It is not active until {@link #setActive}.
   *
   * @throws PeftException if the name is taken or not allowed, the config is impossible here, or
   *     adapters are merged: first values may depend on the base model's
   */
  public void addAdapter(String name, PeftConfig config) {
    additions.fresh(name, config);
  }

  /**
   * Adds an adapter with values, which are copied. It is not active until {@link #setActive}.
   *
   * @param values every tensor of the adapter by its key in an adapter file, and no other
   * @throws PeftException if the name is taken or not allowed, the config is impossible here, or a
   *     tensor is missing, unexpected or of another shape
   */
  public void addAdapter(String name, PeftConfig config, Map<String, INDArray> values) {
    additions.valued(name, config, values);
  }

  /**
   * Adds the weighted sum of adapters of one method. It is not active until {@link #setActive}.
   *
   * @param names adapters, all of one method
   * @param weights a weight for each of them, of any sign
   * @param combined the new adapter's name
   * @param how how to add them
   * @throws PeftException if the lists differ in length, a name is unknown or taken, or the method
   *     cannot combine these adapters in this way
   */
  public void addWeightedAdapter(
      List<String> names, List<Double> weights, String combined, Combination how) {
    additions.sum(names, weights, combined, how);
  }

  /**
   * Loads a saved adapter. It is not active until {@link #setActive}.
   *
   * @throws PeftException if the name is taken, the files are broken, or the adapter is for another
   *     model; the message names every missing, unexpected and misshapen tensor
   */
  public void loadAdapter(String name, Path folder) {
    additions.saved(name, folder);
  }

  /**
   * Replaces an adapter by a saved one. The network keeps its layout if the configs are equal.
   *
   * @throws PeftException as {@link #loadAdapter} does, or if adapters are merged; nothing is
   *     changed then
   */
  public void swapAdapter(String name, Path folder) {
    additions.swap(name, folder);
  }

  /**
   * Makes these adapters act and train, and no others. Their training continues where it was.
   *
   * @throws PeftException if one is unknown, or two have a copy of the same parameter
   */
  public void setActive(String... names) {
    setActive(Arrays.asList(names));
  }

  /** Like {@link #setActive(String...)}. */
  public void setActive(List<String> names) {
    changes.ofAdapters("changing the active adapters", () -> adapters.activate(names));
  }

  /** Deletes an adapter; if it was active, the other active ones stay active. */
  public void delete(String name) {
    changes.ofAdapters("deleting an adapter", () -> adapters.delete(name));
  }

  /** Gives the base model's outputs, bit for bit, until the scope is closed. */
  public AdapterScope adaptersDisabled() {
    return new AdapterScope(mergeScopes.disabled());
  }

  /**
   * Gives each sequence of a batch its own adapter until the scope is closed. For inference; every
   * batch must have as many sequences. A layer that runs on a changed weight runs once for each
   * adapter, on that adapter's rows.
   *
   * @param names for each sequence the name of an active adapter, or {@value #BASE}
   * @throws PeftException if a name is not active, or an adapter cannot act on some rows only: one
   *     with copies of the base model's parameters, or on a vertex without a layer
   */
  public AdapterScope adapterOfEachRow(List<String> names) {
    return new AdapterScope(rows.adapters(names));
  }

  /**
   * Sets the task of each sequence of the next batches, or one task for all, for methods that
   * distinguish tasks, such as multitask prompts.
   */
  public void setTasks(Integer... tasks) {
    rows.setTasks(Arrays.asList(tasks));
  }

  /**
   * Sets the task of each sequence until the scope is closed. An empty list keeps the tasks of
   * {@link #setTasks}.
   */
  public AdapterScope tasksOfEachRow(List<Integer> tasks) {
    return new AdapterScope(rows.tasks(tasks));
  }

  /**
   * Merges the active adapters into the base model's own weights until the scope is closed, which
   * restores them bit for bit. In the scope, outputs cost what the base model's cost.
   *
   * @throws PeftException if an adapter cannot be merged; nothing is changed then
   */
  public AdapterScope merged() {
    return merged(active());
  }

  /**
   * Like {@link #merged()} for some adapters, active or not. Other active ones continue to act
   * beside the merged weights.
   *
   * @throws PeftException if an adapter cannot be merged, or another active one depends on the
   *     weights that would change; nothing is changed then
   */
  public AdapterScope merged(List<String> names) {
    return new AdapterScope(mergeScopes.merged(names));
  }

  /**
   * Merges the active adapters at one site until the scope is closed, even where the site shares
   * its weight with another, which then changes too. For reading merged weights one at a time:
   * outputs mean nothing in the scope.
   */
  public AdapterScope mergedAt(Site site) {
    return new AdapterScope(mergeScopes.mergedAt(site));
  }

  /**
   * The largest difference that merging the active adapters makes to an element of the first
   * output, by rounding, on these inputs.
   */
  public double mergeDifference(INDArray... inputs) {
    INDArray apart = wrapped.output(inputs);
    try (AdapterScope scope = merged()) {
      return apart.subi(wrapped.output(inputs)).amaxNumber().doubleValue();
    }
  }

  /**
   * Fails if an active adapter changes no weight, and so cannot be merged.
   *
   * @throws PeftException with the adapter and the site
   */
  public void requireMergeable() {
    Merger.requireMergeable(adapters.activeSlots());
  }

  /**
   * A model of the base model's class and configuration, with Deeplearning4j's own layers only and
   * the active adapters merged. The base model stays as it is.
   *
   * @throws PeftException if an adapter cannot be merged
   */
  public M mergeAndUnload() {
    adapters.requireUnmerged("mergeAndUnload");
    return wrapped.traffic().pass(() -> merging.copy(adapters.activeSlots()));
  }

  /** How much of the model trains. */
  public TrainableParameters trainableParameters() {
    return adapters.parameters(sites.baseCount(wrapped.numParams()));
  }

  /** Prints {@link #trainableParameters()} to the standard output, and returns it. */
  public TrainableParameters printTrainableParameters() {
    TrainableParameters parameters = trainableParameters();
    System.out.println(parameters);
    return parameters;
  }

  /**
   * Saves every adapter: {@value Peft#DEFAULT_ADAPTER} in {@code folder} itself, each other one in
   * a subfolder of its name, as Hugging Face PEFT does.
   *
   * @throws PeftException if a value is not finite, or the files cannot be written; an earlier
   *     adapter in the folder is then unchanged
   */
  public void save(Path folder) {
    saves.all(folder, Peft.DEFAULT_ADAPTER, false);
  }

  /** Saves one adapter in {@code folder} itself. */
  public void save(String name, Path folder) {
    saves.one(name, folder, false);
  }

  /**
   * Like {@link #save(Path)}, with the base model's token embeddings and output head in each file,
   * as Hugging Face PEFT's {@code save_embedding_layers=True}: for a base model whose vocabulary
   * was resized, so that the adapter needs that copy of it no more.
   */
  public void saveWithEmbeddings(Path folder) {
    saves.all(folder, Peft.DEFAULT_ADAPTER, true);
  }

  /** Like {@link #saveWithEmbeddings(Path)}, for one adapter in {@code folder} itself. */
  public void saveWithEmbeddings(String name, Path folder) {
    saves.one(name, folder, true);
  }

  /** Frees the adapters' native memory. The base model stays usable. */
  @Override
  public void close() {
    if (wrapped.traffic().isClosed()) {
      return;
    }
    changes.ofAdapters(
        "closing the model",
        () -> {
          rows.clear();
          adapters().forEach(adapters::delete);
        });
    wrapped.traffic().close();
  }
}
