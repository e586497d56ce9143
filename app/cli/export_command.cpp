// diapason-cli export

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/store/store_reader.h"
#include "experiments/results/export.h"

namespace diapason::cli {

void add_export(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("export", "Write the result table of a stored study");
    auto study = std::make_shared<RowId>(0);
    auto format = std::make_shared<std::string>("csv");
    auto out = std::make_shared<std::string>();
    command->add_option("--study", *study, "Number of the study (see study list)")->required();
    command->add_option("--format", *format, "csv, markdown, latex, json or text")->capture_default_str();
    command->add_option("--out", *out, "File to write (default: standard output)")->type_name("FILE");
    add_database(*command, context);
    command->callback([&context, study, format, out] {
        context.action = [&context, study, format, out] {
            static const std::map<std::string, TableFormat> formats = {{"csv", TableFormat::csv},
                                                                       {"markdown", TableFormat::markdown},
                                                                       {"latex", TableFormat::latex},
                                                                       {"json", TableFormat::json},
                                                                       {"text", TableFormat::text}};
            const auto chosen = formats.find(*format);
            if (chosen == formats.end())
                throw config_error("--format", *format, "must be csv, markdown, latex, json or text");
            const std::string text =
                render(result_table(StoreReader(database_file(context, true)), *study), chosen->second);
            if (out->empty())
                print(text);
            else
                write_output(context, *out, text);
            return 0;
        };
    });
}

} // namespace diapason::cli
