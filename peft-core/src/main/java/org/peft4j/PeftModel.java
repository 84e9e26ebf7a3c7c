package org.peft4j;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.graft.GraftSwitch;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.merge.Merger;
import org.peft4j.internal.model.AdapterMaker;
import org.peft4j.internal.model.AdapterNames;
import org.peft4j.internal.model.LoadedAdapter;
import org.peft4j.internal.model.Merging;
import org.peft4j.internal.model.ModelSites;
import org.peft4j.internal.model.RowAdapters;
import org.peft4j.internal.model.Slots;
import org.peft4j.internal.model.WeightedSums;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.kernel.Kernels;
import org.peft4j.method.Combination;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.method.TrainingHook;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.site.Site;

/**
 * A frozen model with named adapters. {@link #network()} is an ordinary Deeplearning4j network
 * whose parameters are the active adapters' alone: fit it, ask it for outputs, give it listeners.
 *
 * <p>Not safe for use by several threads at once.
 *
 * @param <M> {@code ComputationGraph} or {@code MultiLayerNetwork}
 */
public final class PeftModel<M extends Model> implements AutoCloseable {
  /** What stands for no adapter where each row has one. */
  public static final String BASE = RowAdapters.BASE;

  private final WrappedModel<M> hosted;
  private final ModelSites sites;
  private final AdapterMaker maker;
  private final Merging<M> merging;
  private final Map<String, LoadedAdapter> adapters = new LinkedHashMap<>();
  private List<String> active = List.of();

  PeftModel(WrappedModel<M> hosted, Kernels kernels) {
    this.hosted = hosted;
    this.sites = new ModelSites(hosted.hostings());
    this.maker = new AdapterMaker(hosted, sites);
    this.merging = new Merging<>(hosted, kernels);
  }

  /** The wrapped network. It stays the same object when adapters change. */
  public M network() {
    return hosted.network();
  }

  /** The base model, untouched. */
  public M base() {
    return hosted.base();
  }

  /** Every site of the model, in the order of the forward pass. */
  public List<Site> sites() {
    return sites.all();
  }

  /** The names of the adapters, in the order in which they were added. */
  public List<String> adapters() {
    return List.copyOf(adapters.keySet());
  }

  /** The sites that the active adapters are on. */
  public Set<Site> adaptedSites() {
    Set<Site> adapted = new LinkedHashSet<>();
    activeSlots().forEach(slot -> adapted.add(slot.adapter().site()));
    return adapted;
  }

  /** The names of the active adapters. */
  public List<String> active() {
    return active;
  }

  /** The config of an adapter. */
  public PeftConfig config(String adapter) {
    return adapter(adapter).config();
  }

  /**
   * Adds an adapter with fresh values. It is not active until {@link #setActive}.
   *
   * @throws PeftException if the name is taken or not allowed, or the config is impossible here, or
   *     adapters are merged: first values may follow from the base model's
   */
  public void addAdapter(String name, PeftConfig config) {
    requireFree(name);
    requireUnmerged("adding an adapter");
    adapters.put(name, maker.fresh(name, config));
  }

  /**
   * Adds an adapter with values, which are copied. It is not active until {@link #setActive}.
   *
   * @param values its tensors by their key in an adapter file: all of them and no other
   * @throws PeftException if the name is taken or not allowed, the config is impossible here, or a
   *     tensor is missing, unexpected or of another shape
   */
  public void addAdapter(String name, PeftConfig config, Map<String, INDArray> values) {
    requireFree(name);
    adapters.put(name, maker.valued(name, config, values));
  }

  /**
   * Gives an adapter another config and other values, of another rank say. Where it is active it
   * stays so. The updater's state goes on if no shape changes, and begins anew otherwise.
   *
   * @param values as in {@link #addAdapter(String, PeftConfig, Map)}
   * @throws PeftException as there, or if the adapters are merged; nothing is changed then
   */
  public void redefine(String name, PeftConfig config, Map<String, INDArray> values) {
    LoadedAdapter old = adapter(name);
    requireUnmerged("redefining one");
    replace(old, maker.valued(name, config, values));
  }

  /**
   * Gives an adapter the values of a saved one, as if that had been loaded in its place. The
   * network stays as it is where the configs are equal.
   *
   * @throws PeftException as {@link #loadAdapter} does, or if the adapters are merged; nothing is
   *     changed then
   */
  public void swapAdapter(String name, Path folder) {
    LoadedAdapter old = adapter(name);
    requireUnmerged("swapping one");
    LoadedAdapter made = maker.saved(name, folder);
    if (!made.config().equals(old.config()) || !Slots.sameShapes(old.slots(), made.slots())) {
      replace(old, made);
      return;
    }
    for (int i = 0; i < old.slots().size(); i++) {
      old.slots().get(i).values().assign(made.slots().get(i).values());
    }
    Slots.close(made.slots());
  }

  private void replace(LoadedAdapter old, LoadedAdapter made) {
    List<String> before = active;
    List<String> others = before.stream().filter(n -> !n.equals(old.name())).toList();
    List<Slot> slots = new ArrayList<>(made.slots());
    others.forEach(n -> slots.addAll(adapter(n).slots()));
    Slots.requireNoConflict(slots);
    boolean same = Slots.sameShapes(old.slots(), made.slots());
    if (!same) {
      if (before.contains(old.name())) {
        setActive(others);
      }
      hosted.forget(old.name());
    }
    adapters.put(old.name(), made);
    if (before.contains(old.name())) {
      setActive(before);
    }
    hosted.release(old.name());
    Slots.close(old.slots());
  }

  /**
   * Adds an adapter that is a weighted sum of others of one method. It is not active until {@link
   * #setActive}.
   *
   * @param names adapters, all of one method
   * @param weights a weight for each of them, of any sign
   * @param combined the new adapter's name
   * @param how what sort of sum
   * @throws PeftException if the lists are not equally long, a name is unknown or taken, or the
   *     method cannot combine these adapters so
   */
  public void addWeightedAdapter(
      List<String> names, List<Double> weights, String combined, Combination how) {
    requireFree(combined);
    how.requireComplete();
    PeftMethod.Saved<? extends PeftConfig> sum =
        WeightedSums.of(this::adapter, names, weights, how);
    addAdapter(combined, sum.config(), sum.tensors());
  }

  /**
   * Until the scope is closed, {@code observer} is shown the input [rows, in] of every linear map
   * that an active adapter is on, in each forward pass. It must copy what it keeps. Layers that run
   * on a changed weight, recurrent ones say, have no such input.
   */
  public AdapterScope observingInputs(BiConsumer<Site, INDArray> observer) {
    hosted.graftSwitch().setObserver(observer);
    return new AdapterScope(() -> hosted.graftSwitch().setObserver(null));
  }

  /** The parts of an adapter at the single sites. */
  public List<Adapter> parts(String adapter) {
    return adapter(adapter).slots().stream().map(Slot::adapter).toList();
  }

  /**
   * Loads a saved adapter. It is not active until {@link #setActive}.
   *
   * @throws PeftException if the name is taken, the files are broken, or the adapter is for another
   *     model: every missing, unexpected or mis-shaped tensor is named
   */
  public void loadAdapter(String name, Path folder) {
    requireFree(name);
    adapters.put(name, maker.saved(name, folder));
  }

  private void requireFree(String name) {
    AdapterNames.require(name);
    if (adapters.containsKey(name)) {
      throw new PeftException(
          "Adapter \"" + name + "\" exists already. Delete it first, or take another name.");
    }
  }

  /**
   * Makes these adapters, and no others, act and train. Their updates continue where they were.
   *
   * @throws PeftException if one is unknown, or two would stand in for the same parameter
   */
  public void setActive(String... names) {
    setActive(Arrays.asList(names));
  }

  /** Like {@link #setActive(String...)}. */
  public void setActive(List<String> names) {
    Set<String> distinct = new LinkedHashSet<>(names);
    List<Slot> slots = new ArrayList<>();
    distinct.forEach(name -> slots.addAll(adapter(name).slots()));
    requireUnmerged("changing the active adapters");
    requireNoRows("changing the active adapters");
    Slots.requireNoConflict(slots);
    hosted.activate(slots);
    active = List.copyOf(distinct);
  }

  /** Deletes an adapter; if it was active, the other active ones stay active. */
  public void delete(String name) {
    LoadedAdapter adapter = adapter(name);
    requireUnmerged("deleting an adapter");
    if (active.contains(name)) {
      setActive(active.stream().filter(other -> !other.equals(name)).toList());
    }
    adapters.remove(name);
    hosted.forget(name);
    adapter.slots().forEach(slot -> slot.values().close());
  }

  /** Until the scope is closed, outputs are the base model's, bit for bit. */
  public AdapterScope adaptersDisabled() {
    return new AdapterScope(merging.disable());
  }

  /**
   * Until the scope is closed, each sequence of a batch has an adapter of its own, or none: the
   * name of an active adapter, or {@value #BASE}. For inference; a batch must have as many
   * sequences. A layer that runs on a changed weight is run once for each adapter, on its rows.
   *
   * @throws PeftException if a name is not active, or an adapter cannot act on some rows only: one
   *     with copies of the base model's parameters, or on a vertex that is no layer
   */
  public AdapterScope adapterOfEachRow(List<String> names) {
    RowAdapters.require(names, active, activeSlots(), sites);
    requireUnmerged("giving each row an adapter");
    requireNoRows("giving each row another");
    hosted.graftSwitch().setRows(names);
    return new AdapterScope(() -> hosted.graftSwitch().setRows(List.of()));
  }

  /**
   * Sets the task of each sequence of the batches to come, or one task for all, for methods that
   * distinguish tasks: multitask prompts.
   */
  public void setTasks(Integer... tasks) {
    hosted.graftSwitch().setTasks(Arrays.asList(tasks));
  }

  /**
   * Until the scope is closed, the task of each sequence of a batch is this; as {@link #setTasks}
   * says if the list is empty.
   */
  public AdapterScope tasksOfEachRow(List<Integer> tasks) {
    GraftSwitch graftSwitch = hosted.graftSwitch();
    List<Integer> before = graftSwitch.tasks();
    if (!tasks.isEmpty()) {
      graftSwitch.setTasks(tasks);
    }
    return new AdapterScope(() -> graftSwitch.setTasks(before));
  }

  /** Until the scope is closed, training passes too are without the adapters' dropout. */
  public AdapterScope withoutDropout() {
    hosted.graftSwitch().withoutDropout(1);
    return new AdapterScope(() -> hosted.graftSwitch().withoutDropout(-1));
  }

  /**
   * Merges the active adapters into the base model's own weights until the scope is closed, which
   * restores them bit for bit. In the scope, outputs cost what the base model's cost.
   *
   * @throws PeftException if an adapter cannot be merged; nothing is changed then
   */
  public AdapterScope merged() {
    return merged(active);
  }

  /**
   * Like {@link #merged()} for some adapters, active or not; active ones that are not named go on
   * acting beside the merged weights.
   *
   * @throws PeftException if an adapter cannot be merged, or an active one that is not named would
   *     act otherwise on merged weights; nothing is changed then
   */
  public AdapterScope merged(List<String> names) {
    requireUnmerged("merging again");
    Set<String> distinct = new LinkedHashSet<>(names);
    List<Slot> slots = distinct.stream().flatMap(name -> adapter(name).slots().stream()).toList();
    Slots.requireUntied(slots, sites);
    List<Slot> others =
        activeSlots().stream().filter(slot -> !distinct.contains(slot.adapterName())).toList();
    Slots.requireIndependent(others, slots);
    return new AdapterScope(merging.merge(slots, distinct));
  }

  /**
   * The largest difference that merging the active adapters makes to an element of the first
   * output, by rounding, on these inputs.
   */
  public double mergeDifference(INDArray... inputs) {
    INDArray apart = hosted.output(inputs);
    try (AdapterScope scope = merged()) {
      return apart.subi(hosted.output(inputs)).amaxNumber().doubleValue();
    }
  }

  /**
   * Fails if an active adapter cannot be merged: one that changes no weight, but what is put before
   * the input or beside a layer.
   *
   * @throws PeftException with the adapter and the place
   */
  public void requireMergeable() {
    Merger.requireMergeable(activeSlots());
  }

  /**
   * Like {@link #merged()} at one site only, even where it shares its weight with another site,
   * which has the change too then. For reading merged weights one at a time: outputs mean nothing
   * in the scope.
   */
  public AdapterScope mergedAt(Site site) {
    requireUnmerged("merging again");
    List<Slot> slots =
        activeSlots().stream().filter(slot -> Merging.actsAt(slot.adapter(), site)).toList();
    return new AdapterScope(merging.merge(slots, new LinkedHashSet<>(active)));
  }

  /**
   * A model of the base model's class and configuration, of Deeplearning4j's own layers only, with
   * the active adapters merged. The base model stays as it is.
   *
   * @throws PeftException if an adapter cannot be merged
   */
  public M mergeAndUnload() {
    requireUnmerged("mergeAndUnload");
    return merging.copy(activeSlots());
  }

  private List<Slot> activeSlots() {
    return active.stream().flatMap(name -> adapter(name).slots().stream()).toList();
  }

  private void requireUnmerged(String what) {
    if (hosted.graftSwitch().isMerged()) {
      throw new PeftException("The adapters are merged now; close that scope before " + what + ".");
    }
  }

  private void requireNoRows(String what) {
    if (!hosted.graftSwitch().rows().isEmpty()) {
      throw new PeftException("Each row has an adapter now; close that scope before " + what + ".");
    }
  }

  /** How much of the model trains. */
  public TrainableParameters trainableParameters() {
    long trainable = active.stream().mapToLong(name -> adapter(name).count()).sum();
    long loaded = adapters.values().stream().mapToLong(a -> a.count() - a.biasCount()).sum();
    return new TrainableParameters(trainable, sites.baseCount(hosted.base()) + loaded);
  }

  /** Prints {@link #trainableParameters()} to the standard output, and returns it. */
  public TrainableParameters printTrainableParameters() {
    TrainableParameters parameters = trainableParameters();
    System.out.println(parameters);
    return parameters;
  }

  /**
   * Saves every adapter: {@value Peft#DEFAULT_ADAPTER} in {@code folder} itself, others in a folder
   * of their name in it, as Hugging Face PEFT does.
   *
   * @throws PeftException if a value is not finite, or the files cannot be written; an adapter that
   *     was there is then as it was
   */
  public void save(Path folder) {
    adapters
        .keySet()
        .forEach(
            name -> save(name, name.equals(Peft.DEFAULT_ADAPTER) ? folder : folder.resolve(name)));
  }

  /** Saves one adapter in {@code folder} itself. */
  public void save(String name, Path folder) {
    LoadedAdapter adapter = adapter(name);
    AdapterFiles.write(folder, adapter.config(), maker.targets(adapter.config()), adapter.slots());
  }

  /** The adapter's tensors by their key in an adapter file, as they are now: views, not copies. */
  public Map<String, INDArray> tensors(String adapter) {
    return AdapterFiles.tensors(adapter(adapter).slots());
  }

  /**
   * The gradients of an active adapter's tensors by their key in an adapter file, as the last
   * backward pass left them: views, not copies.
   */
  public Map<String, INDArray> gradients(String adapter) {
    return AdapterFiles.gradients(adapter(adapter).slots(), hosted::gradients);
  }

  /** What the methods of the active adapters do between the steps of a training. */
  public List<TrainingHook> trainingHooks() {
    return active.stream().flatMap(name -> trainingHook(name, config(name)).stream()).toList();
  }

  private <C extends PeftConfig> Optional<TrainingHook> trainingHook(String name, C config) {
    return Methods.of(config).trainingHook(config, this, name);
  }

  /**
   * Replaces the config that is saved with an adapter by one that says what a training has come to,
   * the ranks of its matrices say. The adapter itself stays as it is.
   *
   * @throws PeftException if there is no such adapter, or it is of another method
   */
  public void amendConfig(String name, PeftConfig config) {
    LoadedAdapter old = adapter(name);
    if (!config.getClass().equals(old.config().getClass())) {
      throw new PeftException(
          "Adapter \""
              + name
              + "\" is of the method "
              + old.config().peftType()
              + ", the config of "
              + config.peftType()
              + ". Give a config of its own method.");
    }
    adapters.put(name, new LoadedAdapter(name, config, old.slots()));
  }

  private LoadedAdapter adapter(String name) {
    LoadedAdapter adapter = adapters.get(name);
    if (adapter == null) {
      throw new PeftException("No adapter \"" + name + "\". There are: " + adapters.keySet() + ".");
    }
    return adapter;
  }

  /** The state of the random masks of dropout, for a training that is resumed later. */
  public GraftSwitch randomState() {
    return hosted.graftSwitch();
  }

  /** Frees the adapters' native memory. The base model stays usable. */
  @Override
  public void close() {
    hosted.graftSwitch().setRows(List.of());
    List.copyOf(adapters.keySet()).forEach(this::delete);
  }
}
