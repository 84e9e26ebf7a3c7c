package org.peft4j.examples.pictures;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;

/** The judge of pictures, on those that a script drew. */
class OutlinesTest {
  private final Path folder;
  private List<Drawing> night = List.of();
  private Outlines outlines;

  OutlinesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void unpack() {
    SmallUNet files = SmallUNet.unpack(folder);
    outlines = files.outlines();
    night = Table.of(files.night()).rows().stream().map(OutlinesTest::drawing).toList();
  }

  private static Drawing drawing(Row row) {
    return new Drawing(
        row.text("text").substring("a ".length()), new PictureReader().read(row.file("file_name")));
  }

  @Test
  void allPicturesOfTheNightShowTheirForms() {
    Outlines.Verdict verdict = outlines.judge(night);

    assertThat(verdict.recognised()).isEqualTo(40).isEqualTo(verdict.drawings());
    assertThat(verdict.ground()).containsExactly(24L, 28L, 84L); // NIGHT of drawn_forms.py
  }

  @Test
  void theyShowNoOtherForm() {
    for (Drawing each : night) {
      assertThat(SmallUNet.FORMS.stream().filter(form -> outlines.shows(each.picture(), form)))
          .containsExactly(each.form());
    }
  }

  @Test
  void nothingIsNoForm() {
    Picture empty = Picture.of(SmallUNet.SIZE, SmallUNet.SIZE, 3, new byte[28 * 28 * 3]);

    assertThat(SmallUNet.FORMS).noneMatch(form -> outlines.shows(empty, form));
  }

  /** Half of a circle is most like a circle, or a moon, and not like enough. */
  @Test
  void halfAFormIsNone() {
    Picture whole = night.get(0).picture();
    byte[] values = whole.values().clone();
    for (int i = 0; i < values.length / 2; i++) {
      values[i] = values[i % 3];
    }
    Picture half = Picture.of(whole.width(), whole.height(), 3, values);

    assertThat(SmallUNet.FORMS).noneMatch(form -> outlines.shows(half, form));
  }
}
