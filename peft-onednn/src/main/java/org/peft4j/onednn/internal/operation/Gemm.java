package org.peft4j.onednn.internal.operation;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.FloatPointer;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Lanes;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.operation.BatchProduct.After;
import org.peft4j.onednn.internal.operation.BatchProduct.Heads;

/**
 * Products in single precision by oneDNN's {@code sgemm}, which copies blocks of both matrices into
 * the order in which it reads them.
 *
 * <p>oneDNN's other products read a second matrix in dense rows where it lies. Its rows are pages
 * apart, so that most reads miss the table of pages: with vectors of 256 bits they take four times
 * as long for 512 × 768 × 3072. With vectors of 512 bits, {@code sgemm} takes large products alone,
 * for which it copies both matrices: for others it uses memory of the heap as its stack ({@link
 * #MOST_TERMS}), beyond 32 terms.
 */
public final class Gemm {
  private static final boolean POSSIBLE = Processor.has(dnnl.cpu_isa.avx2);

  /** Rows of the first matrix from which copies pay. */
  private static final int ROWS = 16;

  /** Elements of a second matrix that the cache holds anyway, and of one for many rows. */
  private static final int SMALL = 1 << 17;

  private static final int SMALL_FOR_MANY = 1 << 16;

  /** How many rows are many. */
  private static final int MANY = 1024;

  /** Rows of a second matrix from which copies pay for each head. */
  private static final int LONG = 64;

  /** Likewise if it is transposed. */
  private static final int LONG_TRANSPOSED = 256;

  /**
   * Terms that oneDNN 3.11 sums with its buffer on the stack, if the first matrix has dense rows.
   * For more, up to 256 at a time, it takes memory of the heap as the stack ({@code mov rsp, ws} in
   * jit_avx_gemm_f32). A signal that reaches the thread then, as those of profilers do, is written
   * in front of that memory, over whatever lies there.
   */
  static final long MOST_TERMS = 252;

  /**
   * Products with a smaller sum of 1/rows and 1/columns are large; oneDNN's limits are 0.0038, and
   * 0.00196 with vectors of 512 bits.
   */
  private static final double LARGE = Processor.WIDE ? 0.0019 : 0.0037;

  /** Rows, and columns, that each thread must have at least. */
  private static final int OF_THREAD = Processor.WIDE ? 28 : 16;

  private Gemm() {}

  /** Whether to compute a product here. */
  static boolean takes(MatrixProduct product) {
    MatrixLayout b = product.b();
    return POSSIBLE
        && product.operands() == Operands.SINGLE
        && b.rowMajor()
        && product.a().rows() >= ROWS
        && b.rows() * b.columns() >= (product.a().rows() < MANY ? SMALL : SMALL_FOR_MANY)
        && !copied(b.columns())
        && mayAddBias(product)
        && (!Processor.WIDE || packs(product.a().rows(), b.columns(), b.rows()));
  }

  /** Whether a bias, if there is one, can be added to the result afterwards. */
  static boolean mayAddBias(MatrixProduct product) {
    return !product.bias() || (product.alpha() == 1 && product.out().gapless());
  }

  /**
   * Whether to compute the products of all heads here, one after the other: those of long matrices,
   * transposed or not, and with a transposed first one, which oneDNN's others copy more slowly.
   */
  static boolean takes(BatchProduct product) {
    Heads b = product.b();
    return POSSIBLE
        && !Processor.WIDE
        && product.single()
        && (product.after() == After.NOTHING || product.after() == After.ADD)
        && (rowMajor(product.a()) || product.a().rows().stride() == 1)
        && (b.columns().stride() == 1 || longAndTransposed(b))
        && product.out().columns().stride() == 1
        && product.a().rows().size() >= ROWS
        && (b.rows().size() >= LONG || !rowMajor(product.a()))
        && !copied(b.columns().size());
  }

  private static boolean longAndTransposed(Heads matrix) {
    return matrix.rows().stride() == 1 && matrix.rows().size() >= LONG_TRANSPOSED;
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
    MatrixLayout out = product.out();
    multiply(product.a(), product.b(), out, product.alpha(), product.accumulate(), addresses);
    if (product.bias()) {
      long[] shape = {1, out.columns()};
      Pointwise.add(addresses[2], out.dimensions(), addresses[3], shape);
    }
  }

  /** Runs the products of all heads on the addresses of a, b and out. */
  static void run(BatchProduct product, long... addresses) {
    Heads[] heads = {product.a(), product.b(), product.out()};
    for (long head = 0; head < product.out().heads().size(); head++) {
      long[] own = new long[heads.length];
      for (int i = 0; i < own.length; i++) {
        own[i] = addresses[i] + head * heads[i].heads().stride() * Float.BYTES;
      }
      multiply(
          matrix(heads[0]),
          matrix(heads[1]),
          matrix(heads[2]),
          product.alpha(),
          product.after() == After.ADD,
          own);
    }
  }

  private static MatrixLayout matrix(Heads heads) {
    return new MatrixLayout(
        heads.rows().size(),
        heads.columns().size(),
        heads.rows().stride(),
        heads.columns().stride());
  }

  /** {@code alpha·a·b (+ out)}, a part of the sums' terms after the other. */
  private static void multiply(
      MatrixLayout a,
      MatrixLayout b,
      MatrixLayout out,
      float alpha,
      boolean accumulate,
      long... addresses) {
    boolean rows = a.columnStride() == 1;
    boolean plain = b.columnStride() == 1;
    long terms = a.columns();
    long part = rows && !packs(out.rows(), out.columns(), terms) ? part(terms) : terms;
    for (long first = 0; first < terms; first += part) {
      check(
          dnnl.dnnl_sgemm(
              (byte) (rows ? 'N' : 'T'),
              (byte) (plain ? 'N' : 'T'),
              out.rows(),
              out.columns(),
              Math.min(part, terms - first),
              alpha,
              pointer(addresses[0] + first * a.columnStride() * Float.BYTES),
              rows ? a.rowStride() : a.columnStride(),
              pointer(addresses[1] + first * b.rowStride() * Float.BYTES),
              plain ? b.rowStride() : b.columnStride(),
              accumulate || first > 0 ? 1 : 0,
              pointer(addresses[2]),
              out.rowStride()));
    }
  }

  /**
   * Whether oneDNN 3.11 copies both matrices for this product (its {@code nocopy_checker_avx2} and
   * {@code nocopy_checker_avx512}), as it does for large ones: those kernels keep to the stack,
   * whatever the number of terms.
   */
  static boolean packs(long rows, long columns, long terms) {
    long threads = Lanes.threads();
    return 1.0 / rows + 1.0 / columns < LARGE
        && Math.min(rows, columns) > OF_THREAD * threads
        && terms > 2 * threads;
  }

  /** How many terms to sum at once: parts about as long as each other, in multiples of 4. */
  static long part(long terms) {
    long parts = (terms + MOST_TERMS - 1) / MOST_TERMS;
    return ((terms + parts - 1) / parts + 3) / 4 * 4;
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
