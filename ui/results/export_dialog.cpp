#include "ui/results/export_dialog.h"

#include "core/base/error.h"
#include "core/store/output_file.h"
#include "ui/frame/file_dialog.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace diapason::ui {
namespace {

struct Format {
    const char* label;
    TableFormat format;
    const char* ending;
};
constexpr Format formats[] = {{"LaTeX (booktabs)", TableFormat::latex, "tex"},
                              {"Markdown", TableFormat::markdown, "md"},
                              {"CSV, full precision", TableFormat::csv, "csv"},
                              {"JSON", TableFormat::json, "json"},
                              {"Plain text", TableFormat::text, "txt"}};

} // namespace

ExportDialog::ExportDialog(const ResultTable& table, std::filesystem::path database,
                           std::function<QString(const QString&)> writeFigure, QWidget* parent)
    : QDialog(parent),
      m_table(table),
      m_database(std::move(database)),
      m_writeFigure(std::move(writeFigure)),
      m_format(new ComboBox),
      m_preview(new QPlainTextEdit),
      m_result(label("")) {
    setWindowTitle(tr("Export %1").arg(qs(table.title)));
    resize(860, 560);
    auto* layout = new QVBoxLayout(this);
    auto* top = new QHBoxLayout;
    for (const Format& format : formats)
        m_format->addItem(QLatin1String(format.label));
    m_format->setAccessibleName(tr("Format of the table"));
    auto* caption = new QLabel(tr("&Format"));
    caption->setBuddy(m_format);
    top->addWidget(caption);
    top->addWidget(m_format);
    top->addStretch();
    auto* copy = new QPushButton(icon(QStringLiteral("copy")), tr("Copy"));
    auto* figure = new QPushButton(icon(QStringLiteral("export")), tr("Export figure…"));
    auto* write = new QPushButton(tr("Export table…"));
    write->setProperty("primary", true);
    m_format->setObjectName(QStringLiteral("format"));
    copy->setObjectName(QStringLiteral("copyTable"));
    figure->setObjectName(QStringLiteral("exportFigure"));
    write->setObjectName(QStringLiteral("exportTable"));
    m_preview->setObjectName(QStringLiteral("preview"));
    m_result->setObjectName(QStringLiteral("exportResult"));
    top->addWidget(copy);
    top->addWidget(figure);
    top->addWidget(write);
    layout->addLayout(top);
    m_preview->setReadOnly(true);
    m_preview->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_preview->setTabChangesFocus(true);
    m_preview->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_preview->setAccessibleName(tr("The file as it will be written"));
    layout->addWidget(m_preview, 1);
    m_result->setMinimumHeight(fontMetrics().height());
    m_result->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_result);
    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportDialog::updatePreview);
    connect(copy, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(qs(diapason::render(m_table, format())));
        m_result->setText(tr("Copied."));
    });
    connect(write, &QPushButton::clicked, this, &ExportDialog::chooseTableFile);
    connect(figure, &QPushButton::clicked, this, &ExportDialog::chooseFigureFile);
    updatePreview();
}

TableFormat ExportDialog::format() const {
    return formats[m_format->currentIndex()].format;
}

void ExportDialog::updatePreview() {
    m_preview->setPlainText(qs(diapason::render(m_table, format())));
}

QString ExportDialog::writeTable(const QString& file) const {
    try {
        write_output_file(file.toStdString(), m_database, diapason::render(m_table, format()));
        return {};
    } catch (const Error& error) {
        return qs(error.what());
    }
}

void ExportDialog::chooseTableFile() {
    const QString ending = QLatin1String(formats[m_format->currentIndex()].ending);
    const QString file = file_dialog::save(this, tr("Export table"), QStringLiteral("results.") + ending);
    if (file.isEmpty()) return;
    const QString wrong = writeTable(file);
    m_result->setText(wrong.isEmpty() ? tr("Written: %1").arg(file) : wrong);
}

void ExportDialog::chooseFigureFile() {
    const QString file = file_dialog::save(this, tr("Export figure"), QStringLiteral("results.pdf"),
                                           tr("PDF, vector (*.pdf);;SVG, vector (*.svg);;PNG (*.png)"));
    if (file.isEmpty()) return;
    const QString wrong = m_writeFigure(file);
    m_result->setText(wrong.isEmpty() ? tr("Written: %1").arg(file) : wrong);
}

} // namespace diapason::ui
