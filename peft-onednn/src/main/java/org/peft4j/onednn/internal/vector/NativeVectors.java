package org.peft4j.onednn.internal.vector;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors straight from memory outside of the heap. Java 17 and 18 load them from byte buffers,
 * later ones from memory segments; both are called by method handles, since no class of either can
 * name what the other has.
 */
public final class NativeVectors {
  private static final MethodType LOAD =
      MethodType.methodType(
          IntVector.class, VectorSpecies.class, Object.class, long.class, ByteOrder.class);

  private static final MethodType REST = MethodType.methodType(Object.class, ByteBuffer.class);

  /** What this Java has. */
  private static final MethodHandle MEMORY;

  private static final MethodHandle INTS;

  /** Whether there is a way. */
  public static final boolean PRESENT;

  static {
    Optional<Way> way = Way.find();
    PRESENT = way.isPresent();
    MEMORY = way.map(Way::memory).orElse(MethodHandles.empty(REST));
    INTS = way.map(Way::ints).orElse(MethodHandles.empty(LOAD));
  }

  private NativeVectors() {}

  /** The bytes that {@code memory} has left, as {@link #ints} takes them. */
  public static Object of(ByteBuffer memory) {
    try {
      return (Object) MEMORY.invokeExact(memory);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  /**
   * Loads a vector, little-endian.
   *
   * @param at bytes before it
   */
  public static IntVector ints(VectorSpecies<Integer> species, Object memory, long at) {
    try {
      return (IntVector)
          INTS.invokeExact((VectorSpecies) species, memory, at, ByteOrder.LITTLE_ENDIAN);
    } catch (Throwable e) {
      throw unchecked(e);
    }
  }

  private static RuntimeException unchecked(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }

  /**
   * Handles of one Java's methods.
   *
   * @param memory of a buffer's rest
   * @param ints as {@link NativeVectors#ints}
   */
  private record Way(MethodHandle memory, MethodHandle ints) {
    /** The first Java whose vectors come from segments. */
    private static final int SEGMENTS = 19;

    static Optional<Way> find() {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        Way way = Runtime.version().feature() < SEGMENTS ? buffers(lookup) : segments(lookup);
        way.tryOut();
        return Optional.of(way);
      } catch (Throwable e) { // A Java between, whose segments were a preview, may refuse.
        return Optional.empty();
      }
    }

    private void tryOut() throws Throwable {
      VectorSpecies<Integer> species = IntVector.SPECIES_128;
      Object rest =
          (Object) memory.invokeExact(ByteBuffer.allocateDirect(species.vectorByteSize()));
      IntVector zeros =
          (IntVector) ints.invokeExact((VectorSpecies) species, rest, 0L, ByteOrder.LITTLE_ENDIAN);
      if (!zeros.equals(IntVector.zero(species))) {
        throw new IllegalStateException("not what is in memory: " + zeros);
      }
    }

    private static Way buffers(MethodHandles.Lookup lookup) throws ReflectiveOperationException {
      MethodHandle rest =
          lookup.findVirtual(ByteBuffer.class, "slice", MethodType.methodType(ByteBuffer.class));
      return of(lookup, rest, ByteBuffer.class, "fromByteBuffer", int.class);
    }

    private static Way segments(MethodHandles.Lookup lookup) throws ReflectiveOperationException {
      Class<?> segment = lookup.findClass("java.lang.foreign.MemorySegment");
      MethodHandle rest =
          lookup.findStatic(segment, "ofBuffer", MethodType.methodType(segment, Buffer.class));
      return of(lookup, rest, segment, "fromMemorySegment", long.class);
    }

    private static Way of(
        MethodHandles.Lookup lookup,
        MethodHandle rest,
        Class<?> memory,
        String name,
        Class<?> offset)
        throws ReflectiveOperationException {
      MethodType type = LOAD.changeParameterType(1, memory).changeParameterType(2, offset);
      return new Way(
          rest.asType(REST),
          MethodHandles.explicitCastArguments(
              lookup.findStatic(IntVector.class, name, type), LOAD));
    }
  }
}
