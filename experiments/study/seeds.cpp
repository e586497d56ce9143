#include "experiments/study/seeds.h"

#include "core/base/error.h"
#include "core/base/whole_number.h"
#include "core/base/words.h"

namespace diapason {
namespace {

constexpr std::uint64_t most_in_a_range = 10'000;

} // namespace

std::vector<std::uint64_t> parse_seeds(const std::string& text, const std::string& field) {
    std::vector<std::uint64_t> seeds;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string part = without_extra_spaces(text.substr(begin, end - begin));
        begin = end + 1;
        const std::size_t dash = part.find('-');
        const auto seed = [&](const std::string& digits) {
            return whole_number<std::uint64_t>(without_extra_spaces(digits));
        };
        const auto first = seed(part.substr(0, dash));
        const auto last = dash == std::string::npos ? first : seed(part.substr(dash + 1));
        if (!first || !last || *last < *first)
            throw config_error(field, text, "\"" + part + "\" is neither a seed nor a range of seeds",
                               "Write whole numbers from 0 and ranges, such as 1,2,3 or 1-5");
        if (*last - *first >= most_in_a_range)
            throw config_error(field, text, "\"" + part + "\" is a range of more than 10,000 seeds");
        // Counted by their number: the last seed may be the largest there is.
        for (std::uint64_t i = 0; i <= *last - *first; ++i)
            seeds.push_back(*first + i);
    }
    return seeds;
}

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
    std::string text;
    for (const std::uint64_t seed : seeds)
        text += (text.empty() ? "" : ", ") + std::to_string(seed);
    return text;
}

} // namespace diapason
