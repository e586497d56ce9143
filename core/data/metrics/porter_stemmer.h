// The stemmer that ROUGE and METEOR use: Porter's (1980) as NLTK has extended it.
#pragma once

#include <string>
#include <string_view>

namespace diapason {

/// The stem of a word in lower case, under the rules of NLTK's PorterStemmer, mode NLTK_EXTENSIONS: Porter's
/// algorithm with irregular forms ("skies", "dying"), other ends in -ies, -ied, -y, -alli, -fulli, -logi, and words of
/// two letters left alone. It is not the published algorithm.
std::u32string porter_stem(std::u32string_view word);

} // namespace diapason
