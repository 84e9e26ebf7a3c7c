package org.peft4j;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Passes;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.merge.Merger;
import org.peft4j.internal.model.AdapterMaker;
import org.peft4j.internal.model.AdapterSet;
import org.peft4j.internal.model.LoadedAdapter;
import org.peft4j.internal.model.Merging;
import org.peft4j.internal.model.ModelSites;
import org.peft4j.internal.model.NamedAdapter;
import org.peft4j.internal.model.RowAdapters;
import org.peft4j.internal.model.Slots;
import org.peft4j.internal.model.WeightedSums;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.AdapterView;
import org.peft4j.method.Combination;
import org.peft4j.method.PeftMethod;
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
 * @param <M> {@code ComputationGraph} or {@code MultiLayerNetwork}
 */
public final class PeftModel<M extends Model> implements AutoCloseable {
  /** Marks a row that uses no adapter. */
  public static final String BASE = RowAdapters.BASE;

  private final WrappedModel<M> wrapped;
  private final ModelSites sites;
  private final AdapterMaker maker;
  private final AdapterSet adapters;
  private final Merging<M> merging;

  PeftModel(WrappedModel<M> wrapped, Kernels kernels) {
    this.wrapped = wrapped;
    this.sites = new ModelSites(wrapped.originals());
    this.maker = new AdapterMaker(wrapped, sites);
    this.adapters = new AdapterSet(wrapped);
    this.merging = new Merging<>(wrapped, kernels);
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
    return new ModelTraining(this, wrapped);
  }

  /**
   * Adds an adapter with fresh values. It is not active until {@link #setActive}.
   *
   * @throws PeftException if the name is taken or not allowed, the config is impossible here, or
   *     adapters are merged: first values may depend on the base model's
   */
  public void addAdapter(String name, PeftConfig config) {
    synchronized (adapters) {
      requireFree(name);
      adapters.requireUnmerged("adding an adapter");
      adapters.add(wrapped.traffic().pass(() -> maker.fresh(name, config)));
    }
  }

  /**
   * Adds an adapter with values, which are copied. It is not active until {@link #setActive}.
   *
   * @param values every tensor of the adapter by its key in an adapter file, and no other
   * @throws PeftException if the name is taken or not allowed, the config is impossible here, or a
   *     tensor is missing, unexpected or of another shape
   */
  public void addAdapter(String name, PeftConfig config, Map<String, INDArray> values) {
    synchronized (adapters) {
      requireFree(name);
      adapters.add(maker.valued(name, config, values));
    }
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
    requireFree(combined);
    how.requireComplete();
    PeftMethod.Saved<? extends PeftConfig> sum =
        WeightedSums.of(adapters::get, names, weights, how);
    addAdapter(combined, sum.config(), sum.tensors());
  }

  /**
   * Loads a saved adapter. It is not active until {@link #setActive}.
   *
   * @throws PeftException if the name is taken, the files are broken, or the adapter is for another
   *     model; the message names every missing, unexpected and misshapen tensor
   */
  public void loadAdapter(String name, Path folder) {
    synchronized (adapters) {
      requireFree(name);
      adapters.add(maker.saved(name, folder));
    }
  }

  private void requireFree(String name) {
    wrapped.traffic().requireOpen();
    adapters.requireFree(name);
  }

  /** Runs a change of the adapters while no thread computes with this model. */
  private void change(String what, Runnable work) {
    synchronized (adapters) {
      wrapped.traffic().change(what, work);
    }
  }

  /** Runs a change of the base model's weights while no thread computes with them. */
  private void changeBase(String what, Runnable work) {
    synchronized (adapters) {
      wrapped.traffic().changeBase(what, work);
    }
  }

  /** A scope that begins now and whose end is such a change again. */
  private AdapterScope scope(String what, Runnable begin, Runnable end) {
    change(what, begin);
    return new AdapterScope(() -> change("ending " + what, end));
  }

  /**
   * Replaces an adapter by a saved one. The network keeps its layout if the configs are equal.
   *
   * @throws PeftException as {@link #loadAdapter} does, or if adapters are merged; nothing is
   *     changed then
   */
  public void swapAdapter(String name, Path folder) {
    adapters.get(name);
    adapters.requireUnmerged("swapping one");
    LoadedAdapter made = maker.saved(name, folder);
    change("swapping an adapter", () -> swap(adapters.get(name), made));
  }

  private void swap(LoadedAdapter old, LoadedAdapter made) {
    if (made.config().equals(old.config()) && Slots.sameShapes(old.slots(), made.slots())) {
      Slots.move(made.slots(), old.slots());
    } else {
      adapters.replace(made);
    }
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
    change("changing the active adapters", () -> adapters.activate(names));
  }

  /** Deletes an adapter; if it was active, the other active ones stay active. */
  public void delete(String name) {
    change("deleting an adapter", () -> adapters.delete(name));
  }

  /** Gives the base model's outputs, bit for bit, until the scope is closed. */
  public AdapterScope adaptersDisabled() {
    AtomicReference<Runnable> end = new AtomicReference<>();
    String what = "disabling the adapters";
    changeMerged(what, () -> end.set(merging.disable()));
    return new AdapterScope(
        () -> changeMerged("ending " + what, Objects.requireNonNull(end.get())));
  }

  /** A change of the adapters, which changes the base model's weights too where they are merged. */
  private void changeMerged(String what, Runnable work) {
    if (wrapped.shared().activity().isMerged()) {
      changeBase(what, work);
    } else {
      change(what, work);
    }
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
    return scope(
        "giving each row an adapter",
        () -> {
          RowAdapters.require(names, active(), adapters.activeSlots(), sites);
          adapters.requireUnmerged("giving each row an adapter");
          adapters.requireNoRows("giving each row another");
          wrapped.shared().activity().setRows(names);
        },
        () -> wrapped.shared().activity().setRows(List.of()));
  }

  /**
   * Sets the task of each sequence of the next batches, or one task for all, for methods that
   * distinguish tasks, such as multitask prompts.
   */
  public void setTasks(Integer... tasks) {
    change("setting tasks", () -> wrapped.shared().passes().setTasks(Arrays.asList(tasks)));
  }

  /**
   * Sets the task of each sequence until the scope is closed. An empty list keeps the tasks of
   * {@link #setTasks}.
   */
  public AdapterScope tasksOfEachRow(List<Integer> tasks) {
    if (tasks.isEmpty()) {
      return new AdapterScope(() -> {});
    }
    Passes passes = wrapped.shared().passes();
    List<Integer> before = passes.tasks();
    return scope("setting tasks", () -> passes.setTasks(tasks), () -> passes.setTasks(before));
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
    adapters.requireUnmerged("merging again");
    wrapped.traffic().requireOpen();
    Set<String> distinct = new LinkedHashSet<>(names);
    List<Slot> slots =
        distinct.stream().flatMap(name -> adapters.get(name).slots().stream()).toList();
    Slots.requireUntied(slots, sites);
    List<Slot> others =
        adapters.activeSlots().stream()
            .filter(slot -> !distinct.contains(slot.adapterName()))
            .toList();
    Slots.requireIndependent(others, slots);
    others.forEach(slot -> slot.adapter().rememberWeight(slot.values()));
    return merged(slots, distinct);
  }

  private AdapterScope merged(List<Slot> slots, Set<String> names) {
    AtomicReference<Runnable> end = new AtomicReference<>();
    changeBase(
        "merging adapters",
        () -> {
          end.set(merging.merge(slots, names));
          wrapped.traffic().setMerged(true);
        });
    return new AdapterScope(
        () ->
            changeBase(
                "undoing a merge",
                () -> {
                  Objects.requireNonNull(end.get()).run();
                  wrapped.traffic().setMerged(false);
                }));
  }

  /**
   * Merges the active adapters at one site until the scope is closed, even where the site shares
   * its weight with another, which then changes too. For reading merged weights one at a time:
   * outputs mean nothing in the scope.
   */
  public AdapterScope mergedAt(Site site) {
    adapters.requireUnmerged("merging again");
    List<Slot> slots =
        adapters.activeSlots().stream()
            .filter(slot -> Merging.actsAt(slot.adapter(), site))
            .toList();
    return merged(slots, new LinkedHashSet<>(active()));
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
    long trainable = active().stream().mapToLong(name -> adapters.get(name).count()).sum();
    long loaded =
        adapters.all().stream().mapToLong(a -> a.count() + a.frozenCount() - a.biasCount()).sum();
    return new TrainableParameters(trainable, sites.baseCount(wrapped.base()) + loaded);
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
    saveAll(folder, this::save);
  }

  /** Saves one adapter in {@code folder} itself. */
  public void save(String name, Path folder) {
    save(name, folder, false);
  }

  /**
   * Like {@link #save(Path)}, with the base model's token embeddings and output head in each file,
   * as Hugging Face PEFT's {@code save_embedding_layers=True}: for a base model whose vocabulary
   * was resized, so that the adapter needs that copy of it no more.
   */
  public void saveWithEmbeddings(Path folder) {
    saveAll(folder, this::saveWithEmbeddings);
  }

  /** Like {@link #saveWithEmbeddings(Path)}, for one adapter in {@code folder} itself. */
  public void saveWithEmbeddings(String name, Path folder) {
    save(name, folder, true);
  }

  private void saveAll(Path folder, BiConsumer<String, Path> save) {
    wrapped.traffic().requireOpen();
    if (adapters().isEmpty()) {
      throw new PeftException(
          "There is no adapter to save. Add one with addAdapter, or load one with loadAdapter.");
    }
    for (String name : adapters()) {
      save.accept(name, name.equals(Peft.DEFAULT_ADAPTER) ? folder : folder.resolve(name));
    }
  }

  private void save(String name, Path folder, boolean embeddings) {
    wrapped
        .traffic()
        .pass(
            () -> {
              maker.save(adapters.get(name), folder, embeddings);
              return name;
            });
  }

  /** Frees the adapters' native memory. The base model stays usable. */
  @Override
  public void close() {
    if (wrapped.traffic().isClosed()) {
      return;
    }
    change(
        "closing the model",
        () -> {
          wrapped.shared().activity().setRows(List.of());
          adapters().forEach(adapters::delete);
        });
    wrapped.traffic().close();
  }
}
