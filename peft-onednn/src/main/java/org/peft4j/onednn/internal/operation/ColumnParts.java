package org.peft4j.onednn.internal.operation;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;
import org.peft4j.onednn.internal.Processor;

/**
 * A product in single precision with a second matrix in dense rows, as a batch of products with
 * equal parts of its columns, one beside the other.
 *
 * <p>oneDNN reads a second matrix in dense rows where it lies, unless its columns are a power of
 * two. Its rows are a page or more apart, and where they are a multiple of 2 KiB apart they fall on
 * the same few lines of the caches. Matrices that lie between each other ({@code acbd}, as the
 * heads of an attention) it copies block by block into the order in which it reads them ({@code
 * use_buffer_b} of its {@code brgemm_matmul}).
 *
 * @param count the number of parts
 */
record ColumnParts(MatrixProduct product, long count) {
  /** Rows of the first matrix from which copies pay. */
  private static final int ROWS = 16;

  /** Terms of a sum, and columns, from which they pay with vectors of 512 bits. */
  private static final int TERMS = 32;

  private static final int COLUMNS = 512;

  /** Columns from which they pay with vectors of 256 bits, where rows alias. */
  private static final int NARROW = 128;

  /** Elements in 2 KiB. */
  private static final long ALIASING = 512;

  /** Whether to compute a product here; asked before {@link Gemm}. */
  static boolean takes(MatrixProduct product) {
    return (Processor.WIDE ? pays(product) : aliases(product)) && count(product) > 1;
  }

  /** For vectors of 512 bits, where sgemm takes large products. */
  private static boolean pays(MatrixProduct product) {
    MatrixLayout b = product.b();
    return !Gemm.takes(product)
        && product.operands() == Operands.SINGLE
        && Gemm.mayAddBias(product)
        && b.rowMajor()
        && product.a().rows() >= ROWS
        && b.rows() >= TERMS
        && b.columns() >= COLUMNS
        && Long.bitCount(b.columns()) > 1;
  }

  /** For vectors of 256 bits, where sgemm copies for many rows, and is as fast for others. */
  private static boolean aliases(MatrixProduct product) {
    MatrixLayout b = product.b();
    return Gemm.takes(product)
        && b.columns() > NARROW
        && b.rowStride() % ALIASING == 0
        && !Gemm.packs(product.a().rows(), b.columns(), b.rows());
  }

  /** Runs a product on the addresses of a, b, out, and the bias. */
  static void run(MatrixProduct product, long... addresses) {
    ColumnParts parts = new ColumnParts(product, count(product));
    Primitives.of(parts, ColumnParts::compile).run(addresses[0], addresses[1], addresses[2]);
    if (product.bias()) {
      MatrixLayout out = product.out();
      long[] shape = {1, out.columns()};
      Pointwise.add(addresses[2], out.dimensions(), addresses[3], shape);
    }
  }

  private static long count(MatrixProduct product) {
    return count(product.b().columns());
  }

  /** The least number of equal parts, of at least 64 columns; 1 if there is none. */
  static long count(long columns) {
    for (long count = 2; columns / count >= 64; count++) {
      if (columns % count == 0) {
        return count;
      }
    }
    return 1;
  }

  Primitive compile() {
    try (memory.desc left = layout(product.a(), 1);
        memory.desc right = layout(product.b(), count);
        memory.desc result = layout(product.out(), count);
        primitive_attr attributes =
            MatrixProduct.attributes(product.alpha(), product.accumulate());
        matmul.primitive_desc description =
            new matmul.primitive_desc(Native.ENGINE, left, right, result, attributes, false)) {
      return new Primitive(new matmul(description), description.scratchpad_desc())
          .argument(DNNL_ARG_SRC, left)
          .argument(DNNL_ARG_WEIGHTS, right)
          .argument(DNNL_ARG_DST, result);
    }
  }

  /** [1, parts, rows, columns of a part]. */
  private static memory.desc layout(MatrixLayout matrix, long parts) {
    long columns = matrix.columns() / parts;
    long whole =
        Math.max(matrix.rows() * matrix.rowStride(), matrix.columns() * matrix.columnStride());
    return Native.strided(
        memory.data_type.f32,
        new long[] {1, parts, matrix.rows(), columns},
        new long[] {
          whole, parts == 1 ? whole : columns, matrix.rowStride(), matrix.columnStride()
        });
  }
}
