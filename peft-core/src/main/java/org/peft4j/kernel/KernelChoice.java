package org.peft4j.kernel;

import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels of this process, chosen once: those of a module on the class path that run here,
 * otherwise {@link Nd4jKernels}. The system property {@value #PROPERTY} forces a choice.
 */
public final class KernelChoice {
  /** Takes {@code nd4j}, or the name of a {@link KernelsProvider}. */
  public static final String PROPERTY = "org.peft4j.kernels";

  private static final String PORTABLE = "nd4j";
  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);

  private static @Nullable Kernels kernels;

  private KernelChoice() {}

  /**
   * The kernels to compute with.
   *
   * @throws PeftException if the property names kernels that are missing or cannot run
   */
  public static synchronized Kernels kernels() {
    if (kernels == null) {
      kernels = choose(System.getProperty(PROPERTY));
    }
    return kernels;
  }

  static Kernels choose(@Nullable String forced) {
    if (PORTABLE.equals(forced)) {
      return chosen(PORTABLE, new Nd4jKernels());
    }
    Set<String> known = new TreeSet<>(Set.of(PORTABLE));
    for (KernelsProvider provider :
        ServiceLoader.load(KernelsProvider.class, KernelsProvider.class.getClassLoader())) {
      known.add(provider.name());
      if (forced == null || forced.equals(provider.name())) {
        Optional<Kernels> kernels = create(provider, forced != null);
        if (kernels.isPresent()) {
          return chosen(provider.name(), kernels.get());
        }
      }
    }
    if (forced != null) {
      throw new PeftException(
          PROPERTY + " is \"" + forced + "\"; on this class path and backend there are: " + known);
    }
    return chosen(PORTABLE, new Nd4jKernels());
  }

  private static Optional<Kernels> create(KernelsProvider provider, boolean forced) {
    try {
      return provider.create();
    } catch (RuntimeException | LinkageError e) {
      if (forced) {
        throw new PeftException("The kernels \"" + provider.name() + "\" cannot run here: " + e, e);
      }
      LOG.info("The kernels \"{}\" cannot run here ({}).", provider.name(), e.toString());
      return Optional.empty();
    }
  }

  private static Kernels chosen(String name, Kernels kernels) {
    LOG.info("Kernels: {}", name);
    return kernels;
  }
}
