package org.peft4j.onednn.internal.operation;

import org.peft4j.onednn.internal.Primitives;

/**
 * Products in single precision with a second matrix whose rows lie a multiple of 2 KiB apart, so
 * that they fall on the same few lines of the caches, in blocks of its columns.
 *
 * <p>oneDNN copies a block of 128 or more columns before it multiplies, if their number is a power
 * of two ({@code use_buffer_b} of its {@code brgemm_matmul}), and reads others where they lie. Its
 * {@code sgemm} copies for many rows alone.
 */
final class ColumnBlocks {
  /** The widest block, and the narrowest that oneDNN copies; both powers of two. */
  static final long WIDEST = 1024;

  private static final long NARROWEST = 128;

  /** Elements in 2 KiB. */
  private static final long ALIASING = 512;

  private ColumnBlocks() {}

  /** Whether to compute a product here; asked before {@link Gemm}. */
  static boolean takes(MatrixProduct product) {
    MatrixLayout b = product.b();
    return Gemm.takes(product)
        && b.columns() > NARROWEST
        && b.rowStride() % ALIASING == 0
        && !Gemm.packs(product.a().rows(), b.columns(), b.rows());
  }

  /** Runs a product on the addresses of a, b, out, and the bias. */
  static void run(MatrixProduct product, long... addresses) {
    long columns = product.out().columns();
    long width;
    for (long first = 0; first < columns; first += width) {
      width = width(columns - first);
      MatrixProduct block =
          new MatrixProduct(
              product.a(),
              product.b().ofColumns(width),
              product.out().ofColumns(width),
              product.alpha(),
              product.accumulate(),
              product.bias(),
              false);
      long[] own = addresses.clone();
      for (int i = 1; i < own.length; i++) {
        own[i] += first * Float.BYTES;
      }
      Primitives.of(block, MatrixProduct::compile).run(own);
    }
  }

  /** Columns of the next block of those that are left. */
  static long width(long left) {
    return left < NARROWEST ? left : Math.min(WIDEST, Long.highestOneBit(left));
  }
}
