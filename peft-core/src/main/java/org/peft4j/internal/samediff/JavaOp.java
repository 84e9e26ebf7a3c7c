package org.peft4j.internal.samediff;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.imports.converters.ImportClassMapping;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOpDescriptor;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/**
 * An operation that computes in Java, on the arrays of SameDiff's session.
 *
 * <p>M2.1 has no such operations. For each one, a session asks for the shapes of its outputs, makes
 * these, and has the executioner run the native operation of a certain hash. This one remembers the
 * session's context at the first call, computes at the last, when its hash is asked for, and gives
 * the hash of the native operation that does nothing.
 *
 * <p>SameDiff copies operations through their serial form, which has their integers: the first is
 * the number of the {@link GraphGraft} that computes.
 */
public abstract class JavaOp extends DynamicCustomOp {
  private static final String NOTHING = "noop";
  private static final ThreadLocal<@Nullable Call> NEXT = new ThreadLocal<>();

  /** An operation whose session has made its outputs, or is about to. */
  private record Call(JavaOp op, OpContext context) {}

  static {
    Map<String, org.nd4j.autodiff.functions.DifferentialFunction> byName =
        ImportClassMapping.getOpNameMapping();
    for (JavaOp op : List.of(new GraftOp(), new GraftGradientOp())) {
      byName.put(op.opName(), op);
    }
  }

  /** Makes the operations known to SameDiff, which looks them up by their names. */
  static void register() {
    // The static initialiser has done it.
  }

  private @Nullable GraphGraft graft;

  JavaOp() {}

  JavaOp(SameDiff graph, SDVariable[] arguments) {
    super(null, graph, arguments);
  }

  abstract List<LongShapeDescriptor> shapes(List<INDArray> inputs);

  abstract void run(List<INDArray> inputs, List<INDArray> outputs);

  /** What computes; it lives as long as an operation that knows it. */
  final GraphGraft graft() {
    GraphGraft known = graft;
    if (known == null) {
      known = GraphGraft.of(getIArgument(0));
      graft = known;
    }
    return known;
  }

  /** Says what computes, with further integers for the serial form. */
  final void setGraft(GraphGraft computing, long... more) {
    graft = computing;
    addIArgument(computing.id());
    addIArgument(more);
  }

  @Override
  public List<LongShapeDescriptor> calculateOutputShape(OpContext context) {
    if (context == null) {
      throw new PeftException(
          "The operation "
              + getOwnName()
              + " carries adapters and runs in its own graph only, by output, fit and their like.");
    }
    NEXT.set(new Call(this, context));
    return shapes(context.getInputArrays());
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // Operations are equal by their values.
  public long opHash() {
    Call call = NEXT.get();
    if (call != null && call.op == this) {
      NEXT.remove();
      call.context.shapeFunctionOverride(true);
      run(call.context.getInputArrays(), call.context.getOutputArrays());
    }
    return getDescriptor().getHash();
  }

  @Override
  public CustomOpDescriptor getDescriptor() {
    return Objects.requireNonNull(Nd4j.getExecutioner().getCustomOperations().get(NOTHING));
  }

  @Override
  public List<DataType> calculateOutputDataTypes(List<DataType> types) {
    return java.util.Collections.nCopies(getNumOutputs(), types.get(0));
  }

  @Override
  public Map<String, Object> propertiesForFunction() {
    return Map.of();
  }

  @Override
  public void setPropertiesForFunction(Map<String, Object> properties) {
    // It has none.
  }

  @Override
  public void configureFromArguments() {
    // Its integers are all it has.
  }
}
