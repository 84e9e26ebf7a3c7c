/** What a graph of SameDiff has where adapters may act: weights and their uses, and places. */
@NullMarked
package org.peft4j.internal.samediff.sites;

import org.jspecify.annotations.NullMarked;
