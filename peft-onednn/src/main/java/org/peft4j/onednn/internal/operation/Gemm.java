package org.peft4j.onednn.internal.operation;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.FloatPointer;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.operation.BatchProduct.After;
import org.peft4j.onednn.internal.operation.BatchProduct.Heads;

/**
 * Products in single precision by oneDNN's {@code sgemm}, which copies blocks of both matrices into
 * the order in which it reads them.
 *
 * <p>On processors with vectors of 256 bits, oneDNN's other products read a second matrix in dense
 * rows where it lies. Its rows are pages apart, so that most reads miss the table of pages: for 512
 * × 768 × 3072 they take four times as long.
 */
public final class Gemm {
  private static final boolean POSSIBLE = Processor.has(dnnl.cpu_isa.avx2) && !Processor.WIDE;

  /** Rows of the first matrix from which copies pay. */
  private static final int ROWS = 16;

  /** Elements of a second matrix that the cache holds anyway. */
  private static final int SMALL = 1 << 17;

  /** Rows of a second matrix from which copies pay for each head. */
  private static final int LONG = 256;

  private Gemm() {}

  /** Whether to compute a product here. */
  static boolean takes(MatrixProduct product) {
    MatrixLayout b = product.b();
    return POSSIBLE
        && !product.half()
        && b.rowMajor()
        && product.a().rows() >= ROWS
        && b.rows() * b.columns() >= SMALL
        && !copied(b.columns())
        && (!product.bias() || (product.alpha() == 1 && product.out().gapless()));
  }

  /**
   * Whether to compute the products of all heads here, one after the other: those of long matrices,
   * and with a transposed first one, which oneDNN's others copy more slowly.
   */
  static boolean takes(BatchProduct product) {
    Heads b = product.b();
    return POSSIBLE
        && (product.after() == After.NOTHING || product.after() == After.ADD)
        && (rowMajor(product.a()) || product.a().rows().stride() == 1)
        && b.columns().stride() == 1
        && product.out().columns().stride() == 1
        && product.a().rows().size() >= ROWS
        && (b.rows().size() >= LONG || !rowMajor(product.a()))
        && !copied(b.columns().size());
  }

  private static boolean rowMajor(Heads matrix) {
    return matrix.columns().stride() == 1;
  }

  /** oneDNN's other products copy a second matrix of so many columns as well. */
  private static boolean copied(long columns) {
    return columns > 256 && Long.bitCount(columns) == 1;
  }

  /** Runs a product on the addresses of a, b, out, and the bias. */
  static void run(MatrixProduct product, long... addresses) {
    MatrixLayout a = product.a();
    MatrixLayout out = product.out();
    check(
        dnnl.dnnl_sgemm(
            (byte) (a.rowMajor() ? 'N' : 'T'),
            (byte) 'N',
            out.rows(),
            out.columns(),
            a.columns(),
            product.alpha(),
            pointer(addresses[0]),
            a.rowMajor() ? a.rowStride() : a.columnStride(),
            pointer(addresses[1]),
            product.b().rowStride(),
            product.accumulate() ? 1 : 0,
            pointer(addresses[2]),
            out.rowStride()));
    if (product.bias()) {
      long[] shape = {1, out.columns()};
      Pointwise.add(addresses[2], out.dimensions(), addresses[3], shape);
    }
  }

  /** Runs the products of all heads on the addresses of a, b and out. */
  static void run(BatchProduct product, long... addresses) {
    Heads a = product.a();
    Heads b = product.b();
    Heads out = product.out();
    boolean rowMajor = rowMajor(a);
    for (long head = 0; head < out.heads().size(); head++) {
      check(
          dnnl.dnnl_sgemm(
              (byte) (rowMajor ? 'N' : 'T'),
              (byte) 'N',
              out.rows().size(),
              out.columns().size(),
              a.columns().size(),
              product.alpha(),
              pointer(addresses[0] + head * a.heads().stride() * Float.BYTES),
              rowMajor ? a.rows().stride() : a.columns().stride(),
              pointer(addresses[1] + head * b.heads().stride() * Float.BYTES),
              b.rows().stride(),
              product.after() == After.ADD ? 1 : 0,
              pointer(addresses[2] + head * out.heads().stride() * Float.BYTES),
              out.rows().stride()));
    }
  }

  /**
   * The sizes of a product of dense matrices.
   *
   * @param sums the terms of each sum
   * @param transposed whether b is [columns, sums]
   */
  public record Size(long rows, long columns, long sums, boolean transposed) {}

  /** Runs products of matrices that follow each other in memory. */
  public static void run(int count, Size size, long a, long b, long out) {
    for (int i = 0; i < count; i++) {
      check(
          dnnl.dnnl_sgemm(
              (byte) 'N',
              (byte) (size.transposed ? 'T' : 'N'),
              size.rows,
              size.columns,
              size.sums,
              1,
              pointer(a + i * size.rows * size.sums * Float.BYTES),
              size.sums,
              pointer(b + i * size.sums * size.columns * Float.BYTES),
              size.transposed ? size.sums : size.columns,
              0,
              pointer(out + i * size.rows * size.columns * Float.BYTES),
              size.columns));
    }
  }

  private static void check(int status) {
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException("oneDNN's sgemm failed with status " + status);
    }
  }

  private static FloatPointer pointer(long address) {
    return new FloatPointer(new Address().to(address));
  }
}
