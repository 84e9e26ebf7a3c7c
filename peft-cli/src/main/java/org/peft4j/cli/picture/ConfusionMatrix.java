package org.peft4j.cli.picture;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureWriter;

/**
 * How often a label was predicted where another was right, as a picture: a row for each label of
 * the data, a column for each prediction, darker where more of the row is.
 *
 * @param labels in the order of the model
 * @param counts {@code [label][prediction]}
 */
public record ConfusionMatrix(List<String> labels, int[][] counts) {
  private static final int CELL = 44;
  private static final int SMALL_CELL = 14;

  /** With more labels than this, cells are small and have no number. */
  private static final int FEW = 30;

  private static final int LONGEST_NAME = 24;
  private static final int MARGIN = 12;
  private static final int LINE = 18;
  private static final Color FULL = new Color(0x1f, 0x4e, 0x9c);
  private static final Color GRID = new Color(0xdd, 0xdd, 0xdd);

  /**
   * Writes a PNG file.
   *
   * @throws org.peft4j.error.PeftException if it cannot be written
   */
  public void write(Path file) {
    PictureWriter.write(file, picture());
  }

  Picture picture() {
    int cell = labels.size() > FEW ? SMALL_CELL : CELL;
    int names = namesWidth();
    int left = MARGIN + LINE + names;
    int top = MARGIN + LINE + names;
    int side = labels.size() * cell;
    BufferedImage image =
        new BufferedImage(left + side + MARGIN, top + side + MARGIN, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setFont(font());
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    drawCells(graphics, left, top, cell);
    drawNames(graphics, left, top, cell);
    graphics.dispose();
    return picture(image);
  }

  private static Font font() {
    return new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  }

  private int namesWidth() {
    Graphics2D probe = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    FontMetrics metrics = probe.getFontMetrics(font());
    int widest =
        labels.stream().mapToInt(label -> metrics.stringWidth(shown(label))).max().orElse(0);
    probe.dispose();
    return widest + MARGIN;
  }

  private static String shown(String label) {
    return label.length() <= LONGEST_NAME ? label : label.substring(0, LONGEST_NAME - 1) + "…";
  }

  private void drawCells(Graphics2D graphics, int left, int top, int cell) {
    FontMetrics metrics = graphics.getFontMetrics();
    for (int y = 0; y < labels.size(); y++) {
      int sum = Math.max(1, Arrays.stream(counts[y]).sum());
      for (int x = 0; x < labels.size(); x++) {
        double share = (double) counts[y][x] / sum;
        int atX = left + x * cell;
        int atY = top + y * cell;
        graphics.setColor(shade(share));
        graphics.fillRect(atX, atY, cell, cell);
        graphics.setColor(GRID);
        graphics.drawRect(atX, atY, cell, cell);
        if (cell == CELL && counts[y][x] > 0) {
          String number = Integer.toString(counts[y][x]);
          graphics.setColor(share > 0.5 ? Color.WHITE : Color.BLACK);
          graphics.drawString(
              number,
              atX + (cell - metrics.stringWidth(number)) / 2,
              atY + (cell + metrics.getAscent()) / 2 - 1);
        }
      }
    }
  }

  private static Color shade(double share) {
    return new Color(
        (int) Math.round(255 + (FULL.getRed() - 255) * share),
        (int) Math.round(255 + (FULL.getGreen() - 255) * share),
        (int) Math.round(255 + (FULL.getBlue() - 255) * share));
  }

  private void drawNames(Graphics2D graphics, int left, int top, int cell) {
    FontMetrics metrics = graphics.getFontMetrics();
    graphics.setColor(Color.BLACK);
    graphics.drawString("predicted →", left, MARGIN + metrics.getAscent());
    graphics.drawString("label ↓", MARGIN, top - MARGIN / 2);
    for (int i = 0; i < labels.size(); i++) {
      String name = shown(labels.get(i));
      int middle = i * cell + (cell + metrics.getAscent()) / 2 - 1;
      graphics.drawString(name, left - MARGIN / 2 - metrics.stringWidth(name), top + middle);
      graphics.rotate(-Math.PI / 2);
      graphics.drawString(name, -top + MARGIN / 2, left + middle);
      graphics.rotate(Math.PI / 2);
    }
  }

  private static Picture picture(BufferedImage image) {
    int width = image.getWidth();
    int[] pixels = image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
    byte[] rgb = new byte[pixels.length * 3];
    for (int i = 0; i < pixels.length; i++) {
      rgb[3 * i] = (byte) (pixels[i] >> 16);
      rgb[3 * i + 1] = (byte) (pixels[i] >> 8);
      rgb[3 * i + 2] = (byte) pixels[i];
    }
    return Picture.of(width, image.getHeight(), 3, rgb);
  }
}
