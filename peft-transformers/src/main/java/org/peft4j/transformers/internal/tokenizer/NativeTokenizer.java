package org.peft4j.transformers.internal.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.peft4j.error.PeftException;

/**
 * A tokenizer of Hugging Face's library. Where ids are all that is asked for, nothing else is
 * fetched of an encoding: the library's own Java class also makes an object for each token, which
 * takes most of the time and memory of a long text.
 */
public final class NativeTokenizer implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;

  /** Several threads may encode; none while the handle is freed. */
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  private boolean closed;

  private NativeTokenizer(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Makes one. Nothing is sent or downloaded: the library's call home is switched off and its
   * bundled CPU code is used.
   *
   * @param json a {@code tokenizer.json} that was checked
   * @throws PeftException if the library refuses it
   */
  public static NativeTokenizer of(String json) {
    stayOffline();
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    try {
      return new NativeTokenizer(
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(bytes), Map.of("truncation", "false", "padding", "false")));
    } catch (IOException | RuntimeException e) {
      throw new PeftException(
          "The tokenizers library refuses the tokenizer: " + e.getMessage() + ".", e);
    }
  }

  /** The library reads these properties when its first class is used. */
  private static void stayOffline() {
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (System.getProperty("RUST_FLAVOR") == null) {
      System.setProperty("RUST_FLAVOR", "cpu");
    }
  }

  /**
   * The ids of a text.
   *
   * @param text without halves of surrogate pairs
   * @throws PeftException if it has a character for which there is no token
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    return whileOpen(
        () -> {
          long encoding = library().encode(tokenizer.getHandle(), text, addSpecialTokens);
          try {
            return Arrays.stream(library().getTokenIds(encoding))
                .mapToInt(Math::toIntExact)
                .toArray();
          } finally {
            library().deleteEncoding(encoding);
          }
        });
  }

  /**
   * All tokens of a text, with what the template puts around it.
   *
   * @param text without halves of surrogate pairs
   * @throws PeftException if it has a character for which there is no token
   */
  public NativeEncoding encode(String text) {
    return whileOpen(() -> read(library().encode(tokenizer.getHandle(), text, true)));
  }

  /** The same of two texts. */
  public NativeEncoding encode(String first, String second) {
    return whileOpen(() -> read(library().encodeDual(tokenizer.getHandle(), first, second, true)));
  }

  /** The same of a text's words; places are those in the words. */
  public NativeEncoding encode(List<String> words) {
    String[] array = words.toArray(String[]::new);
    return whileOpen(() -> read(library().encodeList(tokenizer.getHandle(), array, true)));
  }

  private static NativeEncoding read(long encoding) {
    try {
      return NativeEncoding.read(encoding);
    } finally {
      library().deleteEncoding(encoding);
    }
  }

  private static TokenizersLibrary library() {
    return TokenizersLibrary.LIB;
  }

  /** The text of ids; those that no token has are left out. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    long[] known = Arrays.stream(ids).filter(id -> id >= 0).asLongStream().toArray();
    return whileOpen(() -> library().decode(tokenizer.getHandle(), known, skipSpecialTokens));
  }

  private <T> T whileOpen(Supplier<T> call) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new PeftException("The tokenizer is closed; load it again.");
      }
      return call.get();
    } catch (PeftException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new PeftException("The tokenizers library fails: " + e.getMessage() + ".", e);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        tokenizer.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
