#include "ui/results/figure_file.h"

#include "core/base/error.h"
#include "core/store/output_file.h"
#include "ui/theme/theme.h"

#include <QBuffer>
#include <QFileInfo>
#include <QPdfWriter>
#include <QSvgGenerator>

namespace diapason::ui {
namespace {

void paintVectors(QCustomPlot& plot, QPaintDevice& device) {
    QCPPainter painter;
    if (!painter.begin(&device)) return;
    painter.setMode(QCPPainter::pmVectorized);
    painter.setWindow(QRect(QPoint(), plot.size()));
    plot.toPainter(&painter, plot.width(), plot.height());
}

void renderPdf(QCustomPlot& plot, QBuffer& buffer) {
    QPdfWriter writer(&buffer);
    writer.setCreator(QStringLiteral("Diapason"));
    writer.setPageLayout(QPageLayout(QPageSize(QSizeF(plot.size()), QPageSize::Point, {}, QPageSize::ExactMatch),
                                     QPageLayout::Portrait, QMarginsF()));
    paintVectors(plot, writer);
}

void renderSvg(QCustomPlot& plot, QBuffer& buffer) {
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(plot.size());
    generator.setViewBox(QRect(QPoint(), plot.size()));
    generator.setTitle(plot.accessibleName());
    paintVectors(plot, generator);
}

void renderPng(QCustomPlot& plot, QBuffer& buffer) {
    plot.toPixmap(plot.width(), plot.height(), 2.0).save(&buffer, "PNG");
}

struct FigureFormat {
    const char* ending;
    void (*render)(QCustomPlot& plot, QBuffer& buffer);
};
constexpr FigureFormat figure_formats[] = {{"pdf", renderPdf}, {"svg", renderSvg}, {"png", renderPng}};

} // namespace

QString writeFigure(QCustomPlot& plot, const QString& file, const std::filesystem::path& database) {
    const QString ending = QFileInfo(file).suffix().toLower();
    for (const FigureFormat& format : figure_formats) {
        if (ending != QLatin1String(format.ending)) continue;
        QBuffer buffer;
        buffer.open(QIODevice::WriteOnly);
        format.render(plot, buffer);
        if (buffer.data().isEmpty()) return QObject::tr("%1 cannot be drawn.").arg(file);
        try {
            write_output_file(file.toStdString(), database, buffer.data().toStdString());
            return {};
        } catch (const Error& error) {
            return qs(error.what());
        }
    }
    return QObject::tr("%1 is not written, because its ending names no format. Choose from .pdf, .svg and .png.")
        .arg(file);
}

} // namespace diapason::ui
