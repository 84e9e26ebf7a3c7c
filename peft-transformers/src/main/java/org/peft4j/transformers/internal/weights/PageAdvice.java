package org.peft4j.transformers.internal.weights;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.javacpp.BytePointer;
import org.peft4j.error.PeftException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The system call {@code madvise} of Linux and macOS: says which pages of a mapped file will be
 * needed and which will not. Of a file, both change only what is in memory and when, never what is
 * read.
 */
final class PageAdvice {
  private static final int WILL_NEED = 3;
  private static final int DO_NOT_NEED = 4;

  private static final Logger LOG = LoggerFactory.getLogger(PageAdvice.class);

  private final Function madvise;
  private final long pageSize;
  private final AtomicBoolean told = new AtomicBoolean();

  private PageAdvice(Function madvise, long pageSize) {
    this.madvise = madvise;
    this.pageSize = pageSize;
  }

  /**
   * That of this system.
   *
   * @throws PeftException if it has none
   */
  static PageAdvice ofSystem() {
    try {
      NativeLibrary process = NativeLibrary.getProcess();
      int pageSize = process.getFunction("getpagesize").invokeInt(new Object[0]);
      return new PageAdvice(process.getFunction("madvise"), pageSize);
    } catch (LinkageError e) {
      throw new PeftException(
          "Weights cannot stay in their file here, because this system has no madvise, which Linux and"
              + " macOS have, or net.java.dev.jna:jna, which calls it, is not on the class path. Load"
              + " without offloading.",
          e);
    }
  }

  /** Starts to read pages. */
  void willNeed(ByteBuffer mapped) {
    advise(mapped, WILL_NEED);
  }

  /** Gives pages back; they are read again when they are used. */
  void doNotNeed(ByteBuffer mapped) {
    advise(mapped, DO_NOT_NEED);
  }

  private void advise(ByteBuffer mapped, int advice) {
    try (BytePointer pointer = new BytePointer(mapped)) {
      long from = pointer.address() / pageSize * pageSize;
      long size = pointer.address() + mapped.capacity() - from;
      int failed = madvise.invokeInt(new Object[] {new Pointer(from), size, advice});
      if (failed != 0 && told.compareAndSet(false, true)) {
        LOG.warn(
            "madvise {} of {} bytes failed: weights are right, but take more memory than offloaded"
                + " ones should.",
            advice,
            size);
      }
    }
  }
}
