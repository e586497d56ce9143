#include "core/data/task_guess.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/data/byte_reader.h"
#include "core/data/known_tables.h"
#include "core/data/lines.h"
#include "core/data/readers/json_rows.h"
#include "core/data/table_detection.h"

#include <algorithm>
#include <utility>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t guessed_bytes = 1u << 20;
constexpr std::size_t sample_rows = 500;
constexpr std::size_t shown_rows = 50;

// The beginning of a file of objects as a table.
struct Sample {
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> rows;
};
// The keys of an object, and of an object of texts inside it: "translation.en".
void add_names(const Json& object, const std::string& in_front, std::vector<std::string>& names) {
    for (const auto& item : object.items()) {
        const std::string name = in_front + item.key();
        const bool answers = item.value().is_object() && item.value().contains("answer_start");
        if (item.value().is_object() && !answers && in_front.empty())
            add_names(item.value(), name + ".", names);
        else if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
    }
}

Sample sample_of(const DataReader& reader, const FileBeginning& beginning) {
    Sample sample;
    const auto add = [&](const Json& object) {
        if (!object.is_object()) return true;
        add_names(object, {}, sample.names);
        std::vector<std::string>& row = sample.rows.emplace_back();
        for (const std::string& name : sample.names) {
            const Json* value = value_at(object, name);
            row.push_back(value == nullptr ? std::string() : plain_text(*value));
        }
        return sample.rows.size() < sample_rows;
    };
    try {
        reader.for_each_object(beginning, add);
    } catch (const Error& error) { // reading says it; a file that cannot be opened at all has no columns to show
        if (error.kind() == ErrorKind::cancelled || (reader.binary() && sample.rows.empty())) throw;
    }
    return sample;
}

OptionValues options_of(const DataReader& reader, const Json& given) {
    std::vector<Problem> problems;
    return OptionValues::from_json(reader.options(), given, {}, problems);
}

void keep_rows(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
               GuessedTask& guess) {
    guess.names = names;
    guess.rows.assign(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), shown_rows)));
}

// Format and columns.
GuessedColumns guess_format(const FileBeginning& beginning, const KnownOfTask& known, GuessedTask& guess) {
    for (const DataReader* reader : data_readers()) {
        const std::string why = reader->recognised(beginning);
        if (why.empty()) continue;
        guess.task.reader = reader->name();
        guess.task.reader_options = OptionValues::defaults(reader->options());
        guess.reasons.push_back(std::string(reader->title()) + ": " + why);
        if (!reader->maps_columns()) return {reader->kind(), {}, {}, reader->metrics()};
        const Sample sample = sample_of(*reader, beginning);
        keep_rows(sample.names, sample.rows, guess);
        return guess_columns(sample.names, sample.rows, known);
    }
    DetectedTable table = detect_table(beginning.text, beginning.whole, sample_rows, beginning.file.string());
    if (known.only_utf8 && !table.encoding.starts_with("UTF-")) table.encoding = "UTF-8";
    const bool tabs = table.dialect == Dialect{'\t', false};
    const DataReader& reader = *find_reader(tabs ? "tsv" : "csv");
    guess.task.reader = reader.name();
    guess.task.reader_options = options_of(reader, {{"separator", std::string(1, table.dialect.separator)},
                                                    {"quotes", table.dialect.quotes},
                                                    {"header", table.header ? "yes" : "no"},
                                                    {"encoding", table.encoding}});
    guess.reasons.insert(guess.reasons.end(), table.reasons.begin(), table.reasons.end());
    std::vector<std::vector<std::string>> rows = table.rows;
    if (table.header && !rows.empty()) rows.erase(rows.begin());
    keep_rows(table.names(), rows, guess);
    const KnownTable* published = known.kind.empty() && known.columns.empty() ? known_table(table) : nullptr;
    if (published == nullptr) return guess_columns(table.names(), rows, known);
    guess.reasons.push_back(std::string("Its columns are those of ") + published->title);
    return {published->kind, published->columns, {}, published->metrics};
}

Error no_kind(const ColumnMap& columns, const fs::path& file) {
    std::string seen;
    for (const auto& [field, names] : columns)
        seen += (seen.empty() ? "" : ", ") + field + " = " + joined(names);
    return {ErrorKind::input,
            {"no kind of task fits its columns" + (seen.empty() ? std::string() : "; recognised: " + seen),
             file.string(),
             "columns",
             {},
             "Name the columns text and label, or say which column is what"}};
}

// Pairs on which annotators did not agree have "-" for their label (SNLI, MultiNLI): they are no class.
void leave_out_unsure(GuessedTask& guess) {
    const auto label = guess.task.columns.find("label");
    if (label == guess.task.columns.end() || label->second.size() != 1 || label->second.front() != "gold_label") return;
    guess.task.rows.leave_out["label"] = {"-"};
    guess.reasons.push_back("Rows with the label - are left out: their annotators did not agree");
}

// The rows of a file, and of others as far as they can be read: a label may be missing in a small training split.
Dataset rows_of(const Task& task, const fs::path& file, const std::vector<fs::path>& others) {
    std::vector<Dataset> parts = {read_rows(task, file)};
    for (const fs::path& other : others) {
        try {
            parts.push_back(read_rows(task, other));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::cancelled) throw;
        }
    }
    return parts.size() == 1 ? parts.front() : concatenated(std::move(parts));
}

bool is_text(const FileBeginning& beginning) {
    const bool wide = beginning.text.starts_with("\xff\xfe") || beginning.text.starts_with("\xfe\xff");
    return wide || beginning.text.find('\0') == std::string::npos;
}

bool of_binary_format(const FileBeginning& beginning) {
    const auto& readers = data_readers();
    return std::any_of(readers.begin(), readers.end(), [&](const DataReader* reader) {
        return reader->binary() && !reader->recognised(beginning).empty();
    });
}

/// @param others files of the same task, where its labels may stand, too
GuessedTask guess_file(const fs::path& file, const KnownOfTask& known, const std::vector<fs::path>& others = {}) {
    if (!known.kind.empty() && find_task_kind(known.kind) == nullptr)
        throw config_error("kind", known.kind, "there is no such kind of task",
                           "Choose from " + joined_by(task_kinds(), [](const TaskKind* kind) { return kind->name(); }));
    for (const auto& [field, names] : known.columns)
        if (find_example_field(field) == nullptr)
            throw config_error("columns." + field, joined(names), "an example has no such field",
                               "Choose from " + joined_by(example_fields(), &ExampleField::name));
    GuessedTask guess;
    Task& task = guess.task;
    task.id = task.title = name_of_data(file);
    task.description = "Rows of " + file.filename().string() + ", split by a hash of their text";
    FileBeginning beginning{file, {}, true};
    beginning.text = read_beginning(file, guessed_bytes, beginning.whole);
    if (!is_text(beginning) && !of_binary_format(beginning))
        throw input_error(file.string(), "is not text, and no reader knows its format",
                          "Formats are " + joined(reader_names()));
    GuessedColumns columns = guess_format(beginning, known, guess);
    guess.reasons.insert(guess.reasons.end(), columns.reasons.begin(), columns.reasons.end());
    task.columns = columns.columns;
    task.rows.skip_bad = known.skip_bad_rows;
    leave_out_unsure(guess);
    for (const char* split : {"train", "validation", "test"})
        task.data[split] = file;
    try {
        if (columns.kind.empty()) throw no_kind(columns.columns, file);
        task.kind = find_task_kind(columns.kind);
        task.settings = OptionValues::defaults(task.kind->settings());
        task.question = task.kind->default_question(task);
        task.metrics = columns.metrics.empty() ? task.kind->default_metrics() : columns.metrics;
        task.primary_metric = task.metrics.front();
        task.kind->adopt(task, rows_of(task, file, others), file.string());
    } catch (const Error& error) {
        if (!known.tolerant || error.kind() == ErrorKind::cancelled) throw;
        guess.fault = error;
        guess.bad_rows = dynamic_cast<const BadLines*>(&error) != nullptr;
    }
    return guess;
}

// Of a split that is a folder, as datasets of Hugging Face are saved: the first part of its data.
fs::path data_in(const fs::path& folder) {
    std::error_code error;
    for (const auto& item : fs::directory_iterator(folder, error))
        if (item.is_regular_file(error) && name_of_data(item.path()) == "data") return item.path();
    return {};
}

// The file of a split by its name, likelier names first.
fs::path split_file(const fs::path& folder, const std::vector<std::string>& stems) {
    std::error_code error;
    for (const std::string& stem : stems) {
        std::vector<fs::path> found;
        for (const auto& item : fs::directory_iterator(folder, error)) {
            if (item.is_regular_file(error) && name_of_data(item.path()) == stem) found.push_back(item.path());
            if (!item.is_directory(error) || item.path().filename() != stem) continue;
            if (const fs::path data = data_in(item.path()); !data.empty()) found.push_back(data);
        }
        std::sort(found.begin(), found.end());
        if (!found.empty()) return found.front();
    }
    return {};
}

// Empty, or why a file of another split cannot be read as the training file was.
std::string fault_of_split(const Task& task, const fs::path& file) {
    try {
        task.kind->prepared(task, read_rows(task, file), file.string());
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw;
        return error.details().what.substr(0, error.details().what.find('\n'));
    }
    return {};
}

GuessedTask guess_folder(const fs::path& folder, const KnownOfTask& known) {
    const fs::path train = split_file(folder, {"train", "training", "train_spider"});
    if (train.empty())
        throw input_error(folder.string(), "is a folder without a file of training data",
                          "Name its files train, dev and test, or give a data file");
    const fs::path few = split_file(folder, {"dev32"});
    fs::path development = split_file(folder, {"validation", "valid", "val", "dev", "devset", "dev_matched"});
    std::vector<fs::path> others;
    for (const fs::path& other : {few, development})
        if (!other.empty()) others.push_back(other);
    GuessedTask guess = guess_file(train, known, others);
    Task& task = guess.task;
    task.id = task.title = fs::absolute(folder).lexically_normal().filename().string();
    if (task.id.empty())
        task.id = task.title = fs::absolute(folder).lexically_normal().parent_path().filename().string();
    task.description = "Files of " + folder.string();
    const auto usable = [&](const fs::path& file) {
        if (file.empty()) return false;
        const std::string fault = fault_of_split(task, file);
        if (!fault.empty()) guess.reasons.push_back(file.filename().string() + " is not used: " + fault);
        return fault.empty();
    };
    fs::path test = split_file(folder, {"test", "testset_w_refs", "testset", "eval"});
    if (!usable(development)) development.clear();
    if (!usable(test)) test.clear();
    fs::path validation = usable(few) ? few : fs::path();
    if (test.empty()) test = std::exchange(development, {});
    if (validation.empty()) validation = std::move(development);
    if (test.empty()) { // nothing but training data: all splits are made of it
        guess.reasons.push_back("Only " + train.filename().string() +
                                " can be used: splits are made by a hash of the text");
        return guess;
    }
    task.data["test"] = test;
    if (!validation.empty()) task.data["validation"] = validation;
    guess.reasons.push_back(
        "Tested on " + test.filename().string() + ", validated on " +
        (validation.empty() ? "a tenth of " + train.filename().string() : validation.filename().string()));
    return guess;
}

} // namespace

GuessedTask guess_task(const fs::path& file, const KnownOfTask& known) {
    std::error_code unreadable;
    return fs::is_directory(file, unreadable) ? guess_folder(file, known) : guess_file(file, known);
}

} // namespace diapason
