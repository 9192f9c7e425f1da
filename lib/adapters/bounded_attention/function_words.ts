/**
 * Function words of English: conjunctions, determiners, prepositions, pronouns, modals and numerals,
 * the classes that Bounded Attention hides. The published code finds them with a tagger; their classes
 * are closed, so that a list does.
 */
export const functionWords: readonly string[] = [
  ...["a", "an", "the", "this", "that", "these", "those", "some", "any", "no"],
  ...["each", "every", "either", "neither", "another", "both", "all", "half"],
  ...["and", "or", "but", "nor", "yet", "so", "plus", "versus"],
  ...["in", "on", "at", "of", "to", "by", "for", "from", "with", "without"],
  ...["into", "onto", "over", "under", "above", "below", "beneath", "beside"],
  ...["besides", "between", "among", "behind", "before", "after", "across"],
  ...["against", "along", "around", "through", "throughout", "toward"],
  ...["towards", "upon", "within", "inside", "outside", "near", "next", "off"],
  ...["out", "up", "down", "about", "as", "like", "than", "per", "via"],
  ...["during", "since", "until", "while", "because", "if", "whether"],
  ...["left", "right", "top", "bottom"],
  ...["i", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us"],
  ...["them", "my", "your", "his", "its", "our", "their", "mine", "yours"],
  ...["hers", "ours", "theirs", "itself", "himself", "herself", "themselves"],
  ...["who", "whom", "whose", "which", "what", "where", "when", "why", "how"],
  ...["there", "can", "could", "may", "might", "must", "shall", "should"],
  ...["will", "would", "one", "two", "three", "four", "five", "six", "seven"],
  ...["eight", "nine", "ten"],
];
