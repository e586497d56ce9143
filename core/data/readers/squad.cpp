// SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018): questions on paragraphs, with the places of their answers.
#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/json_rows.h"

namespace diapason {
namespace {

// @return what is wrong with a question, empty when nothing is
std::string read_question(const Json& question, Example& example) {
    if (!question.is_object()) return "is not an object";
    if (!part_of(question, "id").is_string()) return "has no \"id\"";
    if (!part_of(question, "question").is_string()) return "has no \"question\"";
    example.id = question.at("id").get<std::string>();
    example.pair = question.at("question").get<std::string>();
    const Json& impossible = part_of(question, "is_impossible");
    if (impossible.is_boolean() && impossible.get<bool>()) return {};
    const Json& answers = part_of(question, "answers");
    if (!answers.is_array()) return "has no \"answers\"";
    for (const Json& answer : answers) {
        if (!part_of(answer, "answer_start").is_number_integer()) return "has an answer without \"answer_start\"";
    }
    const std::string wrong = set_field(example, *find_example_field("answers"), answers);
    return wrong.empty() ? wrong : "\"answers\" " + wrong;
}

class Squad : public DataReader {
public:
    const char* name() const override { return "squad"; }
    const char* title() const override { return "SQuAD 1.1 and 2.0"; }

    std::string kind() const override { return "span"; }
    std::string recognised(const FileBeginning& beginning) const override {
        const auto has = [&](const char* key) { return beginning.text.find(key) != std::string::npos; };
        const bool json = beginning.text.find_first_not_of(" \t\r\n") == beginning.text.find('{');
        return json && has("\"data\"") && has("\"paragraphs\"") && has("\"qas\"")
                   ? "its \"data\" has \"paragraphs\" with \"qas\""
                   : "";
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        const RecordPath paragraphs = {"data", every_entry, "paragraphs", every_entry};
        const bool found = for_each_value(request, paragraphs, rows, [&](const Json& paragraph, std::size_t line) {
            const Json& context = part_of(paragraph, "context");
            const Json& questions = part_of(paragraph, "qas");
            if (!context.is_string()) return std::string("has a paragraph without \"context\"");
            if (!questions.is_array()) return std::string("has a paragraph without \"qas\"");
            for (std::size_t i = 0; i < questions.size(); ++i) {
                Example example;
                example.text = context.get<std::string>();
                const std::string wrong = read_question(questions[i], example);
                if (wrong.empty())
                    rows.add(line, std::move(example));
                else
                    rows.problem(line, "qas[" + std::to_string(i) + "] " + wrong);
            }
            return std::string();
        });
        if (!found)
            throw input_error(request.file.string(),
                              "is not a SQuAD file: there are no \"paragraphs\" in its \"data\"");
    }
};

} // namespace

const DataReader& squad_reader() {
    static const Squad reader;
    return reader;
}

} // namespace diapason
