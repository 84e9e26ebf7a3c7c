package org.peft4j.train.data.picture;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.peft4j.error.PeftException;
import org.peft4j.vision.Picture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads every picture of some examples once, so that a broken one is known before a training. */
final class SoundPictures {
  private static final Logger LOG = LoggerFactory.getLogger(SoundPictures.class);

  private SoundPictures() {}

  /**
   * The examples whose pictures can be read.
   *
   * @throws PeftException if one cannot be read and that is to be refused, none is left, or they
   *     differ in size behind the processor
   */
  static <E> List<E> of(
      List<E> examples, Function<E, Path> file, PictureStore store, BrokenPictures broken) {
    List<E> sound = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (E each : examples) {
      try {
        Picture pixels = store.pixels(file.apply(each));
        if (!sound.isEmpty()) {
          requireSize(file.apply(each), pixels, store.pixels(file.apply(sound.get(0))));
        }
        sound.add(each);
      } catch (PeftException e) {
        if (broken == BrokenPictures.REFUSE) {
          throw e;
        }
        problems.add(String.valueOf(e.getMessage()));
        LOG.warn("Left out: {}", e.getMessage());
      }
    }
    if (sound.isEmpty()) {
      throw new PeftException(
          "None of %d pictures can be read.%s"
              .formatted(examples.size(), problems.isEmpty() ? "" : " " + problems.get(0)));
    }
    return List.copyOf(sound);
  }

  private static void requireSize(Path file, Picture pixels, Picture first) {
    if (pixels.width() != first.width() || pixels.height() != first.height()) {
      throw new PeftException(
          "The picture %s has %s behind the image processor, others %s; a model takes one size: set do_center_crop, or a size of height and width, in preprocessor_config.json."
              .formatted(file, pixels, first));
    }
  }
}
