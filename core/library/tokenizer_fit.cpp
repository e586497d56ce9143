#include "core/library/tokenizer_fit.h"

#include "core/base/error.h"

namespace diapason {
namespace {

constexpr const char* remedy = "Tokenizer and weights belong to different models";

} // namespace

void require_fit(const Tokenizer& tokenizer, const BackboneConfig& config, const std::string& folder) {
    for (auto id = static_cast<std::int64_t>(tokenizer.size()) - 1; id >= config.vocabulary; --id) {
        if (tokenizer.piece(id).empty() || tokenizer.is_special(id)) continue;
        throw Error(ErrorKind::input, {"the tokenizer has " + std::to_string(tokenizer.size()) + " pieces, \"" +
                                           tokenizer.piece(id) + "\" among them with id " + std::to_string(id) +
                                           ", but the backbone has rows for " + std::to_string(config.vocabulary),
                                       folder,
                                       {},
                                       {},
                                       remedy});
    }
}

void require_rows(const std::vector<std::int64_t>& ids, std::int64_t rows, const std::string& where) {
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= rows)
            throw Error(ErrorKind::input, {"the tokenizer produces token " + std::to_string(id) +
                                               ", but the backbone has rows for " + std::to_string(rows),
                                           where,
                                           {},
                                           {},
                                           remedy});
    }
}

} // namespace diapason
