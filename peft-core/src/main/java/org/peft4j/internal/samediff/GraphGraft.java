package org.peft4j.internal.samediff;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.internal.adapted.AdapterGradients;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.graft.Slot;
import org.peft4j.memory.Scratch;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * What a {@link GraftOp} computes: the active adapters of one site at one of its uses. It takes all
 * arrays from the session, so that threads may run it at once; only the record of a training pass
 * is kept for the backward pass, one for each thread.
 */
abstract class GraphGraft {
  private static final AtomicLong IDS = new AtomicLong();
  private static final Map<Long, WeakReference<GraphGraft>> ALL = new ConcurrentHashMap<>();

  /** A parameter among the arguments. */
  record Parameter(Slot slot, ParameterSpec spec) {}

  /** A forward pass that a backward pass will follow. */
  private record Recorded(Pass pass, DetachedTape tape) {}

  private final long id = IDS.incrementAndGet();
  private final Surroundings around;
  private final Site site;
  private final List<Slot> slots;
  private final List<Parameter> parameters;
  private final ThreadLocal<@Nullable Recorded> recorded = new ThreadLocal<>();

  GraphGraft(Surroundings around, Site site, List<Slot> slots) {
    this.around = around;
    this.site = site;
    this.slots = List.copyOf(slots);
    this.parameters =
        slots.stream()
            .flatMap(
                slot -> slot.adapter().trainable().stream().map(spec -> new Parameter(slot, spec)))
            .toList();
    ALL.values().removeIf(reference -> reference.get() == null);
    ALL.put(id, new WeakReference<>(this));
  }

  /**
   * The one of that number.
   *
   * @throws PeftException if its model is gone, as that of a file is
   */
  static GraphGraft of(long id) {
    WeakReference<GraphGraft> reference = ALL.get(id);
    GraphGraft graft = reference == null ? null : reference.get();
    if (graft == null) {
      throw new PeftException(
          "This graph has the places of adapters, but not the adapters: a wrapped graph cannot be"
              + " saved by SameDiff. Save the adapters with PeftModel.save, or the graph of"
              + " mergeAndUnload.");
    }
    return graft;
  }

  final long id() {
    return id;
  }

  final SameDiff graph() {
    return around.graph();
  }

  final Site site() {
    return site;
  }

  /** The adapters' parameters in the order of the arguments. */
  final List<Parameter> parameters() {
    return parameters;
  }

  /** Whether the first argument is an input with a gradient. */
  abstract boolean hasInput();

  /** Whether a backward pass needs what the forward pass recorded. */
  boolean records() {
    return true;
  }

  /** The shape and type of the output. */
  abstract LongShapeDescriptor shape(List<INDArray> arguments);

  /** The pass, its site with the grafts, and the arguments. */
  record Step(
      Pass pass, SiteGrafts site, LayerGrafts layer, List<INDArray> arguments, int frozenFrom) {
    /** The input; only where there is one. */
    INDArray input() {
      return arguments.get(0);
    }

    /** A frozen argument. */
    INDArray frozen(int index) {
      return arguments.get(frozenFrom + index);
    }

    int frozenCount() {
      return arguments.size() - frozenFrom;
    }
  }

  abstract void forward(Step step, INDArray output);

  /**
   * Writes the gradients of the grafts, and of the input unless {@code dx} is null.
   *
   * @param dy the gradient of the output, not to be changed
   */
  abstract void backward(Step step, INDArray dy, @Nullable INDArray dx);

  /** Runs the forward pass. */
  final void forward(boolean training, List<INDArray> arguments, INDArray output) {
    around
        .traffic()
        .pass(
            () -> {
              SiteGrafts at = at(arguments, null);
              LayerGrafts layer = layer(at);
              Pass pass = layer.nextPass(training);
              if (training && records()) {
                DetachedTape tape = new DetachedTape(output.dataType());
                pass = pass.on(tape);
                forget();
                recorded.set(new Recorded(pass, tape));
              }
              forward(step(pass, at, layer, arguments), output);
              return true;
            });
  }

  /**
   * Runs the backward pass.
   *
   * @param gradients where to write the gradients of {@link #parameters}; empty if nobody needs
   *     them
   * @param last whether no other part of this backward pass will come
   */
  final void backward(
      List<INDArray> arguments,
      INDArray dy,
      @Nullable INDArray dx,
      List<INDArray> gradients,
      boolean last) {
    Recorded forward = recorded.get();
    if (forward == null && records()) {
      throw new IllegalStateException("A backward pass without a forward pass at " + site.name());
    }
    around
        .traffic()
        .pass(
            () -> {
              try (ScratchScope scratch = new ScratchScope()) {
                List<INDArray> targets = gradients.isEmpty() ? unwanted(scratch) : gradients;
                targets.forEach(target -> target.assign(0));
                SiteGrafts at = at(arguments, targets);
                LayerGrafts layer = layer(at);
                if (!gradients.isEmpty()) {
                  AdapterGradients.requireActing(layer, around.shared().activity());
                  slots.forEach(slot -> around.terms().requireCounted(graph(), slot));
                }
                Pass pass = forward == null ? layer.nextPass(false) : forward.pass;
                backward(step(pass, at, layer, arguments), dy, dx);
                requireFinite(targets);
              }
              return true;
            });
    if (last) {
      forget();
    }
  }

  /** SameDiff updates a parameter as soon as its gradient is there, so this is the last moment. */
  private void requireFinite(List<INDArray> gradients) {
    for (int i = 0; i < gradients.size(); i++) {
      if (!Finite.all(gradients.get(i))) {
        Parameter parameter = parameters.get(i);
        TrainingConfig training = graph().getTrainingConfig();
        throw new NonFiniteException(
            training == null ? 0 : training.getIterationCount(),
            "the gradient of " + GraphLayout.name(parameter.slot, parameter.spec));
      }
    }
  }

  private List<INDArray> unwanted(ScratchScope scratch) {
    return parameters.stream()
        .map(p -> scratch.array(around.dataType(), p.spec().shapeArray()))
        .toList();
  }

  /** Frees this thread's record. */
  private void forget() {
    Recorded old = recorded.get();
    if (old != null) {
      old.tape.close();
      recorded.remove();
    }
  }

  private LayerGrafts layer(SiteGrafts at) {
    return new LayerGrafts(List.of(at), around.shared(), around.kernels(), true);
  }

  private Step step(Pass pass, SiteGrafts at, LayerGrafts layer, List<INDArray> arguments) {
    return new Step(pass, at, layer, arguments, parametersFrom() + parameters.size());
  }

  private int parametersFrom() {
    return hasInput() ? 1 : 0;
  }

  /** The grafts over the arrays of a session. */
  private SiteGrafts at(List<INDArray> arguments, @Nullable List<INDArray> gradients) {
    List<Graft> grafts = new ArrayList<>();
    List<INDArray> values =
        arguments.subList(parametersFrom(), parametersFrom() + parameters.size());
    for (Slot slot : slots) {
      Graft graft =
          new Graft(slot.adapterName(), slot.adapter(), slot.withFrozen(tensors(slot, values)));
      if (gradients != null) {
        graft.setGradients(tensors(slot, gradients));
      }
      grafts.add(graft);
    }
    return new SiteGrafts(site, grafts, around.shared());
  }

  private Tensors tensors(Slot slot, List<INDArray> of) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).slot() == slot) {
        tensors.put(parameters.get(i).spec().name(), of.get(i));
      }
    }
    return new Tensors(tensors);
  }

  /** A matrix as kernels take it: itself, or a row-major copy. */
  static INDArray rowMajor(INDArray matrix) {
    boolean rowMajor =
        matrix.ordering() == 'c'
            && matrix.stride(1) == 1
            && (matrix.size(0) == 1 || matrix.stride(0) == matrix.size(1));
    return rowMajor ? matrix : matrix.dup('c');
  }

  /** Frees what {@link #rowMajor} made. */
  static void release(INDArray made, INDArray of) {
    if (made != of && made.data() != of.data()) {
      Scratch.release(made);
    }
  }
}
