// Cases of the kind tokenize: ids, type ids, offsets and decoded text of a tokenizer's files.

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/tokenizer.h"
#include "experiments/engine/verify/case_lines.h"
#include "experiments/engine/verify/verify_kinds.h"

#include <algorithm>
#include <string>
#include <vector>

namespace diapason {
namespace fs = std::filesystem;
namespace {

using Ids = std::vector<std::int64_t>;

std::string decode_base64(const std::string& text, const std::string& origin) {
    std::string out;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
        static const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        if (c == '=') break;
        const auto value = alphabet.find(c);
        if (value == std::string::npos) throw input_error(origin, "text_base64 is not valid base64");
        buffer = buffer << 6 | static_cast<std::uint32_t>(value);
        if ((bits += 6) < 8) continue;
        bits -= 8;
        out.push_back(static_cast<char>(buffer >> bits & 0xFF));
    }
    return out;
}

Json pairs(const std::vector<Span>& spans) {
    Json list = Json::array();
    for (const Span span : spans)
        list.push_back({span.begin, span.end});
    return list;
}

TruncationStrategy strategy_from(const std::string& name, const std::string& origin) {
    if (name == "longest_first") return TruncationStrategy::longest_first;
    if (name == "only_first") return TruncationStrategy::only_first;
    if (name == "only_second") return TruncationStrategy::only_second;
    throw input_error(origin, "unsupported: truncation.strategy = " + name);
}

void check_line(const Json& line, const Tokenizer& tokenizer, const std::string& origin, VerifyReport& report) {
    const auto id = line.at("id").get<std::string>();
    const std::string text = line.contains("text") ? line.at("text").get<std::string>()
                                                   : decode_base64(line.at("text_base64").get<std::string>(), origin);
    EncodeOptions options;
    options.add_special_tokens = line.value("add_special_tokens", true);
    options.with_offsets = line.contains("offsets");
    if (const auto truncation = line.find("truncation"); truncation != line.end() && !truncation->is_null()) {
        options.max_length = truncation->at("max_length").get<std::size_t>();
        options.strategy = strategy_from(truncation->value("strategy", "longest_first"), origin);
    }
    const auto pair = line.find("pair");
    const Encoding got = pair != line.end() && !pair->is_null()
                             ? tokenizer.encode_pair(text, pair->get<std::string>(), options)
                             : tokenizer.encode(text, options);
    const auto expect = [&](const char* what, const Json& value, const Json& wanted) {
        report.check(id + "/" + what, value == wanted,
                     shown_in_report(value) + ", expected " + shown_in_report(wanted));
    };
    const auto wanted = line.at("ids").get<Ids>();
    if (got.ids != wanted && line.contains("ids_also")) {
        for (const Json& also : line.at("ids_also")) {
            // References disagree about this text; what else the line says belongs to the first of them.
            if (also.get<Ids>() == got.ids) return report.check(id + "/ids", true);
        }
    }
    expect("ids", got.ids, wanted);
    expect("type_ids", got.type_ids, line.contains("type_ids") ? line.at("type_ids") : Json(Ids(got.ids.size(), 0)));
    if (line.contains("decoded")) expect("decoded", tokenizer.decode(wanted, true), line.at("decoded"));
    if (line.contains("decoded_with_special"))
        expect("decoded_with_special", tokenizer.decode(wanted, false), line.at("decoded_with_special"));
    if (line.contains("offsets")) expect("offsets", pairs(got.offsets), line.at("offsets"));
}

} // namespace

void verify_tokenize(const fs::path& folder, const std::string&, VerifyReport& report) {
    const fs::path file = folder / "case.json";
    const Json document = read_json(file);
    std::shared_ptr<const Tokenizer> tokenizer;
    fs::path lines;
    try {
        tokenizer = Tokenizer::load(folder / document.at("tokenizer").get<std::string>(),
                                    document.at("files").get<std::vector<std::string>>());
        lines = folder / document.at("cases").get<std::string>();
    } catch (const Json::exception& error) {
        throw input_error(file.string(), std::string("is not a tokenize case: ") + error.what());
    }
    for_each_case_line(lines, "tokenize", report, [&](const Json& line, const std::string& origin) {
        check_line(line, *tokenizer, origin, report);
    });
}

} // namespace diapason
