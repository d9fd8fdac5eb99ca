# Lays everything out as the Filesystem Hierarchy Standard expects.
configure_file(systemd/crierd.service.in ${CMAKE_BINARY_DIR}/systemd/crierd.service @ONLY)

install(TARGETS crierd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS crier RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_BINARY_DIR}/systemd/crierd.service DESTINATION lib/systemd/system)
install(FILES systemd/crier.sysusers DESTINATION lib/sysusers.d RENAME crier.conf)
install(FILES systemd/crier.tmpfiles DESTINATION lib/tmpfiles.d RENAME crier.conf)
# The operator's own configuration is never overwritten.
install(CODE "
	set(conf \$ENV{DESTDIR}${CMAKE_INSTALL_FULL_SYSCONFDIR}/crier/crierd.conf)
	if(NOT EXISTS \${conf})
		file(INSTALL \"${CMAKE_SOURCE_DIR}/conf/crierd.conf\" DESTINATION \"${CMAKE_INSTALL_FULL_SYSCONFDIR}/crier\")
	else()
		message(STATUS \"Kept: \${conf}\")
	endif()")
install(FILES conf/crierd.conf DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME crierd.conf.sample)
install(FILES LICENSE README.md README.zh-CN.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY conf/data DESTINATION ${CMAKE_INSTALL_DATADIR}/crier)
install(DIRECTORY templates DESTINATION ${CMAKE_INSTALL_DATADIR}/crier)

# Manual pages stand beside what they describe: daemon/<room>/<name>.<section>, Chinese ones as <name>.zh_CN.<section>.
file(GLOB_RECURSE pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/daemon/*.[1578])
foreach(page ${pages})
	get_filename_component(file ${page} NAME)
	string(REGEX REPLACE ".*\\.([0-9])$" "\\1" section ${file})
	if(file MATCHES "\\.zh_CN\\.")
		string(REPLACE ".zh_CN." "." name ${file})
		install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/zh_CN/man${section} RENAME ${name})
	else()
		install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
	endif()
endforeach()
