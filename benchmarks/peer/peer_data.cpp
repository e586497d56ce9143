#include "benchmarks/peer/peer_data.h"

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/data/readers.h"

#include <algorithm>
#include <numeric>
#include <regex>

namespace diapason::peer {
namespace {

std::string stripped(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "name[Alimentum], area[city centre]" -> "name : Alimentum | area : city centre\n"
std::string description(const std::string& meaning) {
    static const std::regex slot(R"(([^,\[\]]+)\[([^\]]*)\])");
    std::string text;
    for (auto it = std::sregex_iterator(meaning.begin(), meaning.end(), slot); it != std::sregex_iterator(); ++it) {
        if (!text.empty()) text += " | ";
        text += stripped((*it)[1]) + " : " + stripped((*it)[2]);
    }
    return text + "\n";
}

std::vector<std::size_t> grouped(const std::vector<Row>& rows, std::vector<std::size_t> order, std::size_t batch) {
    const std::size_t mega = std::max<std::size_t>(1, std::min<std::size_t>(order.size() / (batch * 4), 50)) * batch;
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin < order.size(); begin += mega) {
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), begin + mega));
        std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(begin), end,
                         [&](std::size_t a, std::size_t b) { return rows[a].tokens > rows[b].tokens; });
        if (rows[order[begin]].tokens > rows[order[longest]].tokens) longest = begin;
    }
    std::swap(order[0], order[longest]);
    return order;
}

std::vector<std::vector<std::size_t>> cut(const std::vector<std::size_t>& order, std::size_t batch) {
    std::vector<std::vector<std::size_t>> list;
    for (std::size_t begin = 0; begin < order.size(); begin += batch) {
        list.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                          order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), begin + batch)));
    }
    return list;
}

} // namespace

std::vector<Row> sst2_rows(const std::filesystem::path& file, const Tokenizer& tokenizer, std::int64_t max_length) {
    const std::string text = file.filename() == "dev.tsv" ? "content" : "sentence";
    std::vector<Row> rows;
    for (const Example& example : read_dataset("tsv", file, {{"text", text}, {"label", "label"}})) {
        Row row;
        EncodeOptions options;
        options.max_length = static_cast<std::size_t>(max_length);
        row.sequence.ids = tokenizer.encode(stripped(example.text), options).ids;
        row.sequence.label = std::stoll(example.label);
        row.tokens = static_cast<std::int64_t>(row.sequence.ids.size());
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<Row> e2e_rows(const std::filesystem::path& file, const Tokenizer& tokenizer, std::int64_t end_id,
                          std::int64_t max_length) {
    EncodeOptions plain;
    plain.add_special_tokens = false;
    std::vector<Row> rows;
    for (const Example& example : read_dataset("csv", file, {{"text", "mr"}, {"target", "ref"}})) {
        std::vector<std::int64_t> ids = tokenizer.encode(description(example.text), plain).ids;
        const std::size_t given = ids.size();
        const std::vector<std::int64_t> target = tokenizer.encode(example.target, plain).ids;
        ids.insert(ids.end(), target.begin(), target.end());
        ids.push_back(end_id);
        ids.resize(std::min(ids.size(), static_cast<std::size_t>(max_length)));
        Row row;
        row.tokens = static_cast<std::int64_t>(ids.size());
        for (std::size_t i = 1; i < ids.size(); ++i)
            row.sequence.labels.push_back(i >= given ? ids[i] : -100);
        ids.pop_back(); // the last token is only predicted
        row.sequence.ids = std::move(ids);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<std::size_t> permutation(std::size_t n, std::uint64_t seed, std::uint64_t epoch) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::uint64_t state = seed * 1000003 + epoch;
    for (std::size_t i = n; i-- > 1;) {
        const std::uint64_t drawn = splitmix64(state);
        state += 0x9e3779b97f4a7c15u; // splitmix64() adds it before it mixes
        std::swap(order[i], order[drawn % (i + 1)]);
    }
    return order;
}

std::vector<std::vector<std::size_t>> batches(const std::string& order, const std::vector<Row>& rows, std::size_t batch,
                                              std::uint64_t seed, std::uint64_t epoch) {
    std::vector<std::size_t> items = permutation(rows.size(), seed, epoch);
    if (order == "plain") return cut(items, batch);
    if (order == "grouped") return cut(grouped(rows, std::move(items), batch), batch);
    std::stable_sort(items.begin(), items.end(),
                     [&](std::size_t a, std::size_t b) { return rows[a].tokens < rows[b].tokens; });
    const auto list = cut(items, batch);
    std::vector<std::vector<std::size_t>> shuffled;
    for (const std::size_t i : permutation(list.size(), seed + 7919, epoch))
        shuffled.push_back(list[i]);
    return shuffled;
}

} // namespace diapason::peer
