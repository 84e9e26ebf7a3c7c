@NullMarked
package org.peft4j.cli;

import org.jspecify.annotations.NullMarked;
