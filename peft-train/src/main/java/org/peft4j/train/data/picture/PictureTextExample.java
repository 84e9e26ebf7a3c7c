package org.peft4j.train.data.picture;

import java.nio.file.Path;
import org.peft4j.train.data.TokenSequence;

/**
 * A picture with its text.
 *
 * @param row the number of its row in the data, from 0
 * @param file the picture
 * @param text a caption, {@link TokenSequence#of(int[])}, each of whose tokens is predicted; or a
 *     text to compare pictures with, {@link TokenSequence#text}
 */
public record PictureTextExample(int row, Path file, TokenSequence text) {}
