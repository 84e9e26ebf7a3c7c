/** A small model of pictures learns another look. */
@NullMarked
package org.peft4j.examples.pictures;

import org.jspecify.annotations.NullMarked;
